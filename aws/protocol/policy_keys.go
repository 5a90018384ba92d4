package protocol

import "github.com/gantry-project/gantry/structs"

// PolicyKeys returns the condition keys of a request: its region, the tags that it gives, the keys
// of tags that it is about, and the tags of its resource.
func (r *Request) PolicyKeys(given []structs.Tag, tagKeys []string, resource []structs.Tag) structs.PolicyKeys {
	keys := structs.PolicyKeys{}
	keys.Set("aws:RequestedRegion", r.Region)
	for _, t := range given {
		keys.Set(structs.KeyRequestTag+t.Key, t.Value)
		tagKeys = append(tagKeys, t.Key)
	}
	if len(tagKeys) > 0 {
		keys.Set("aws:TagKeys", tagKeys...)
	}
	for _, t := range resource {
		keys.Set(structs.KeyResourceTag+t.Key, t.Value)
	}
	return keys
}
