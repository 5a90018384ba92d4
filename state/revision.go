package state

// Revision is the last revision that a family of task definitions ever had. It outlives the
// revisions: their numbers are never used again (ECS).
type Revision struct {
	Family string `cbor:"1,keyasint"`
	Last   int32  `cbor:"2,keyasint"`
}

var revisions = Declare(Declaration[Revision]{
	Table: 3, Name: "families",
	Less: func(a, b *Revision) bool { return a.Family < b.Family },
})

// LastRevision returns the last revision that a family ever had, or 0 if it had none.
func (s *Snapshot) LastRevision(family string) int32 {
	if r := revisions.get(s, &Revision{Family: family}); r != nil {
		return r.Last
	}
	return 0
}

// NextRevision increments the last revision of a family and returns it. Revisions start at 1.
func (tx *Tx) NextRevision(family string) int32 {
	next := tx.LastRevision(family) + 1
	revisions.put(tx, &Revision{Family: family, Last: next})
	return next
}
