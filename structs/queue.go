package structs

import (
	"cmp"
	"strings"
)

// QueuePlace is an evaluation's place among those of its cluster that wait for room.
type QueuePlace struct {
	// Ask is the same for jobs whose tasks have the same needs: if one of them finds no room, none
	// does. They are served in turn. Jobs with another ask may go ahead if there is room only for
	// them.
	Ask string `json:"ask" cbor:"1,keyasint"`
	// Priority is the job's priority, and Since its CreateIndex. Within one ask, higher priorities
	// are served first, then older jobs.
	Priority int    `json:"priority" cbor:"2,keyasint"`
	Since    uint64 `json:"since,omitzero" cbor:"3,keyasint,omitzero"`
	// CPU (units), Memory (MiB) and GPUs are what one task needs.
	CPU    int64 `json:"cpu,omitzero" cbor:"4,keyasint,omitzero"`
	Memory int64 `json:"memory,omitzero" cbor:"5,keyasint,omitzero"`
	GPUs   int   `json:"gpus,omitzero" cbor:"6,keyasint,omitzero"`
	// Addresses is 1 for awsvpc tasks.
	Addresses int `json:"addresses,omitzero" cbor:"7,keyasint,omitzero"`
}

// Compare orders places of one ask in the order in which they are served.
func (p QueuePlace) Compare(o QueuePlace) int {
	return cmp.Or(cmp.Compare(o.Priority, p.Priority), cmp.Compare(p.Since, o.Since))
}

// Place returns the evaluation's place in the queue of its cluster. An evaluation without a Queue
// gets an ask of its own.
func (e *Evaluation) Place() QueuePlace {
	if e.Queue == nil {
		return QueuePlace{Ask: e.Job, Priority: DefaultPriority}
	}
	return *e.Queue
}

// Waits reports whether the evaluation is in the queue of its cluster: it is blocked, or it was
// called because room appeared and has not been decided.
func (e *Evaluation) Waits() bool {
	return e.Status == EvaluationBlocked || e.Called()
}

// Called reports whether the evaluation waited for room and will be decided again because room has
// appeared.
func (e *Evaluation) Called() bool { return e.Status == EvaluationReady && e.Queue != nil }

// CompareWaiting orders waiting evaluations by cluster and ask, and those of one ask in the order
// in which they are served.
func CompareWaiting(a, b *Evaluation) int {
	p, o := a.Place(), b.Place()
	return cmp.Or(strings.Compare(a.Cluster, b.Cluster), strings.Compare(p.Ask, o.Ask), p.Compare(o), strings.Compare(a.ID, b.ID))
}
