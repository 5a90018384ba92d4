package state

import (
	"cmp"
	"iter"
	"math"

	"github.com/gantry-project/gantry/structs"
)

func lessDefinition(a, b *structs.TaskDefinition) bool {
	return cmp.Or(cmp.Compare(a.Family, b.Family), cmp.Compare(a.Revision, b.Revision)) < 0
}

// revision is the last revision that a family ever had: revisions are never used again (ECS).
type revision struct {
	Family string
	Last   int32
}

func lessRevision(a, b revision) bool { return a.Family < b.Family }

// TaskDefinition gives a revision by its key family:revision, nil when there is none.
func (s *Snapshot) TaskDefinition(key string) *structs.TaskDefinition {
	family, rev, ok := structs.SplitDefinitionKey(key)
	if !ok {
		return nil
	}
	d, _ := s.definitions.get(&structs.TaskDefinition{Family: family, Revision: rev})
	return d
}

// LatestTaskDefinition gives the newest ACTIVE revision of a family, nil when there is none.
func (s *Snapshot) LatestTaskDefinition(family string) *structs.TaskDefinition {
	var latest *structs.TaskDefinition
	for d := range s.FamilyTaskDefinitions(family) {
		if d.Status == structs.DefinitionActive {
			latest = d
		}
	}
	return latest
}

// FamilyTaskDefinitions gives the revisions of one family, oldest first.
func (s *Snapshot) FamilyTaskDefinitions(family string) iter.Seq[*structs.TaskDefinition] {
	return while(s.definitions.from(&structs.TaskDefinition{Family: family, Revision: math.MinInt32}),
		func(d *structs.TaskDefinition) bool { return d.Family == family })
}

// TaskDefinitions gives all revisions by family and revision.
func (s *Snapshot) TaskDefinitions() iter.Seq[*structs.TaskDefinition] { return s.definitions.all() }

// Revisions gives every family ever registered with its last revision, for the snapshot on disk.
func (s *Snapshot) Revisions() iter.Seq2[string, int32] {
	return func(yield func(string, int32) bool) {
		for r := range s.revisions.all() {
			if !yield(r.Family, r.Last) {
				return
			}
		}
	}
}

// LastRevision is the last revision that a family ever had, 0 where it had none.
func (s *Snapshot) LastRevision(family string) int32 {
	r, _ := s.revisions.get(revision{Family: family})
	return r.Last
}

// NextRevision counts a family's revisions up and gives the new one, from 1.
func (tx *Tx) NextRevision(family string) int32 {
	next := tx.LastRevision(family) + 1
	tx.PutRevision(family, next)
	return next
}

// PutRevision sets the last revision of a family; for restoring.
func (tx *Tx) PutRevision(family string, last int32) {
	tx.revisions.put(revision{Family: family, Last: last})
}

// PutTaskDefinition adds or replaces a revision.
func (tx *Tx) PutTaskDefinition(d *structs.TaskDefinition) { tx.definitions.put(d) }

// RemoveTaskDefinition forgets a revision.
func (tx *Tx) RemoveTaskDefinition(d *structs.TaskDefinition) { tx.definitions.remove(d) }
