package state

import (
	"cmp"
	"iter"
	"math"

	"github.com/gantry-project/gantry/structs"
)

var taskDefinitions = Declare(Declaration[structs.TaskDefinition]{
	Table: 2, Name: "task definitions",
	Less: func(a, b *structs.TaskDefinition) bool {
		return cmp.Or(cmp.Compare(a.Family, b.Family), cmp.Compare(a.Revision, b.Revision)) < 0
	},
})

// TaskDefinition returns a revision by its key, family:revision, or nil if there is none.
func (s *Snapshot) TaskDefinition(key string) *structs.TaskDefinition {
	family, rev, ok := structs.SplitDefinitionKey(key)
	if !ok {
		return nil
	}
	return taskDefinitions.get(s, &structs.TaskDefinition{Family: family, Revision: rev})
}

// LatestTaskDefinition returns the newest ACTIVE revision of a family, or nil if there is none.
func (s *Snapshot) LatestTaskDefinition(family string) *structs.TaskDefinition {
	var latest *structs.TaskDefinition
	for d := range s.FamilyTaskDefinitions(family) {
		if d.Status == structs.DefinitionActive {
			latest = d
		}
	}
	return latest
}

// FamilyTaskDefinitions returns the revisions of one family, oldest first.
func (s *Snapshot) FamilyTaskDefinitions(family string) iter.Seq[*structs.TaskDefinition] {
	first := &structs.TaskDefinition{Family: family, Revision: math.MinInt32}
	return while(taskDefinitions.allFrom(s, first), func(d *structs.TaskDefinition) bool { return d.Family == family })
}

// TaskDefinitions returns all revisions by family and revision.
func (s *Snapshot) TaskDefinitions() iter.Seq[*structs.TaskDefinition] { return taskDefinitions.all(s) }

// PutTaskDefinition adds or replaces a revision.
func (tx *Tx) PutTaskDefinition(d *structs.TaskDefinition) { taskDefinitions.put(tx, d) }

// RemoveTaskDefinition removes a revision.
func (tx *Tx) RemoveTaskDefinition(d *structs.TaskDefinition) { taskDefinitions.remove(tx, d) }
