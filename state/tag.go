package state

import "github.com/gantry-project/gantry/structs"

// Tags are the tags of one resource. A resource without tags has no row.
type Tags struct {
	Resource structs.ResourceKey `cbor:"1,keyasint"`
	Tags     []structs.Tag       `cbor:"2,keyasint"`
}

var tags = Declare(Declaration[Tags]{
	Table: 8, Name: "tagged resources",
	Less: func(a, b *Tags) bool { return a.Resource < b.Resource },
})

// Tags returns the tags of a resource in the order in which they were set, nil if it has none.
func (s *Snapshot) Tags(resource structs.ResourceKey) []structs.Tag {
	if row := tags.get(s, &Tags{Resource: resource}); row != nil {
		return row.Tags
	}
	return nil
}

// PutTags replaces all tags of a resource; an empty list removes them.
func (tx *Tx) PutTags(resource structs.ResourceKey, set []structs.Tag) {
	row := &Tags{Resource: resource, Tags: set}
	if len(set) == 0 {
		tags.remove(tx, row)
		return
	}
	tags.put(tx, row)
}
