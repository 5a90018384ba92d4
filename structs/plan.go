package structs

// Plan is what an evaluation came to: tasks to place and the verdict on the evaluation itself. It is one log entry,
// compact however many tasks it places: what tasks of a plan share is in their job.
type Plan struct {
	Evaluation string      `cbor:"1,keyasint"`
	Job        string      `cbor:"2,keyasint"`
	Placements []Placement `cbor:"3,keyasint,omitzero"`
	// Verdict: what becomes of the evaluation when the plan commits.
	Status   string             `cbor:"4,keyasint"`
	Unplaced int                `cbor:"5,keyasint,omitzero"`
	Failures []PlacementFailure `cbor:"6,keyasint,omitzero"`
	At       Time               `cbor:"7,keyasint"`
	// Need is what each task of the plan holds on its instance.
	Need Resources `cbor:"8,keyasint"`
	// EvaluationIndex is the ModifyIndex of the evaluation that the plan was made of. A plan whose evaluation has changed
	// since is refused before the log, so a second worker on the same evaluation cannot place its tasks twice.
	EvaluationIndex uint64 `cbor:"-"`
}

// Placement is one new task on one instance.
type Placement struct {
	Task     string `cbor:"1,keyasint"` // Task.ID
	Instance string `cbor:"2,keyasint"` // ContainerInstance.ID
}
