package state

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

// tagRow is the tags of one resource.
type tagRow struct {
	resource structs.ResourceKey
	tags     []structs.Tag
}

func lessTag(a, b tagRow) bool { return a.resource < b.resource }

// Tags gives the tags of a resource in the order they were set; nil when it has none.
func (s *Snapshot) Tags(resource structs.ResourceKey) []structs.Tag {
	r, _ := s.tags.get(tagRow{resource: resource})
	return r.tags
}

// AllTags gives every resource that has tags, by its key.
func (s *Snapshot) AllTags() iter.Seq2[structs.ResourceKey, []structs.Tag] {
	return func(yield func(structs.ResourceKey, []structs.Tag) bool) {
		for r := range s.tags.all() {
			if !yield(r.resource, r.tags) {
				return
			}
		}
	}
}

// PutTags sets all tags of a resource; none removes it from the table.
func (tx *Tx) PutTags(resource structs.ResourceKey, tags []structs.Tag) {
	if len(tags) == 0 {
		tx.tags.remove(tagRow{resource: resource})
		return
	}
	tx.tags.put(tagRow{resource: resource, tags: tags})
}
