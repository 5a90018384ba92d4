package structs

import (
	"cmp"
	"strings"
)

// QueuePlace is where an evaluation stands among those of its cluster that wait for room for tasks.
type QueuePlace struct {
	// Ask is the same for jobs whose tasks ask the same of an instance: where one of them finds no
	// room, none does. They are served in turn; those with other asks may go ahead where there is
	// room for them alone.
	Ask string `json:"ask" cbor:"1,keyasint"`
	// Priority is that of the job, and Since its CreateIndex: of one ask, the more important is
	// served first, then the older.
	Priority int    `json:"priority" cbor:"2,keyasint"`
	Since    uint64 `json:"since,omitzero" cbor:"3,keyasint,omitzero"`
	// CPU, Memory and GPUs are what one task needs: units, MiB and how many.
	CPU    int64 `json:"cpu,omitzero" cbor:"4,keyasint,omitzero"`
	Memory int64 `json:"memory,omitzero" cbor:"5,keyasint,omitzero"`
	GPUs   int   `json:"gpus,omitzero" cbor:"6,keyasint,omitzero"`
}

// Compare orders places of one ask: first who is served first.
func (p QueuePlace) Compare(o QueuePlace) int {
	return cmp.Or(cmp.Compare(o.Priority, p.Priority), cmp.Compare(p.Since, o.Since))
}

// Place is where the evaluation stands in the queue of its cluster. One
// without a place stands alone.
func (e *Evaluation) Place() QueuePlace {
	if e.Queue == nil {
		return QueuePlace{Ask: e.Job, Priority: DefaultPriority}
	}
	return *e.Queue
}

// Waits says whether the evaluation stands in the queue of its cluster: it is blocked, or it was
// called because room appeared and is not decided yet.
func (e *Evaluation) Waits() bool {
	return e.Status == EvaluationBlocked || e.Called()
}

// Called says whether the evaluation waited for room, and is to be decided again because some has
// appeared.
func (e *Evaluation) Called() bool { return e.Status == EvaluationReady && e.Queue != nil }

// CompareWaiting orders the evaluations in the queues by cluster and ask, and those of one ask by
// who is served first.
func CompareWaiting(a, b *Evaluation) int {
	p, o := a.Place(), b.Place()
	return cmp.Or(strings.Compare(a.Cluster, b.Cluster), strings.Compare(p.Ask, o.Ask), p.Compare(o), strings.Compare(a.ID, b.ID))
}
