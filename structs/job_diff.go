package structs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// FieldChange is a field of a job that differs, named by its path in a job file. From is empty if
// the field is new, To if it was removed.
type FieldChange struct {
	Field string `json:"field"`
	From  string `json:"from,omitzero"` // as JSON
	To    string `json:"to,omitzero"`
}

// Diff compares two values of one type by their JSON form, field by field. List members with names
// are compared by name, so their order does not matter.
func Diff(from, to any) []FieldChange {
	was, is := map[string]string{}, map[string]string{}
	flatten("", from, was)
	flatten("", to, is)
	all := maps.Clone(was)
	maps.Copy(all, is)
	var changes []FieldChange
	for _, field := range slices.Sorted(maps.Keys(all)) {
		if was[field] != is[field] {
			changes = append(changes, FieldChange{Field: field, From: was[field], To: is[field]})
		}
	}
	return changes
}

// DiffDefinitions compares two task definitions, ignoring fields that only identify the revision,
// and the content of files that are updated in place.
func DiffDefinitions(from, to *TaskDefinition) []FieldChange {
	changes := Diff(content(from), content(to))
	for i := range changes {
		changes[i].Field = JobFieldNames(changes[i].Field)
	}
	return changes
}

// content returns a definition without the fields that identify the revision.
func content(d *TaskDefinition) TaskDefinition {
	if d == nil {
		return TaskDefinition{}
	}
	c := *d.withoutContents((*ConfigFile).InPlace)
	c.Family, c.Revision, c.Status, c.RegisteredAt, c.RegisteredBy, c.DeregisteredAt, c.DeleteRequestedAt = "", 0, "", 0, "", 0, 0
	c.Compatibilities, c.RequiresCompatibilities, c.RequiresAttributes = nil, nil, nil
	return c
}

// flatten collects the leaves of a value by path. It skips empty values, which mean the same as
// absent ones.
func flatten(at string, value any, into map[string]string) {
	raw, err := json.Marshal(value)
	var tree any
	if err == nil {
		err = json.Unmarshal(raw, &tree)
	}
	if err != nil { // no noun fails to marshal
		into[at] = err.Error()
		return
	}
	leaves(at, tree, into)
}

func leaves(at string, value any, into map[string]string) {
	switch v := value.(type) {
	case nil:
	case map[string]any:
		for key, member := range v {
			if at != "" {
				key = at + "." + key
			}
			leaves(key, member, into)
		}
	case []any:
		names := memberNames(v)
		for i, member := range v {
			if names == nil {
				leaves(fmt.Sprintf("%s[%d]", at, i), member, into)
				continue
			}
			before := len(into)
			place := fmt.Sprintf("%s[%s]", at, names[i])
			leaves(place, member, into)
			if len(into) > before+1 { // more than its name, which is already in the path
				delete(into, place+".name")
				delete(into, place+".key")
			}
		}
	default:
		text, _ := json.Marshal(v)
		into[at] = string(text)
	}
}

// memberNames returns the names of a list's members, or nil unless each has a unique name.
func memberNames(list []any) (names []string) {
	for _, member := range list {
		object, _ := member.(map[string]any)
		name, _ := object["name"].(string)
		if name == "" {
			name, _ = object["key"].(string)
		}
		if name == "" || slices.Contains(names, name) {
			return nil
		}
		names = append(names, name)
	}
	return names
}
