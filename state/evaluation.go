package state

import (
	"cmp"
	"iter"

	"github.com/gantry-project/gantry/structs"
)

func lessEvaluation(a, b *structs.Evaluation) bool { return a.ID < b.ID }

func lessJobEvaluation(a, b *structs.Evaluation) bool {
	return cmp.Or(cmp.Compare(a.Job, b.Job), cmp.Compare(a.ID, b.ID)) < 0
}

func lessClusterEvaluation(a, b *structs.Evaluation) bool {
	return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.ID, b.ID)) < 0
}

// Evaluation gives an evaluation by id, nil when there is none.
func (s *Snapshot) Evaluation(id string) *structs.Evaluation {
	e, _ := s.evaluations.get(&structs.Evaluation{ID: id})
	return e
}

// Evaluations gives every evaluation by id.
func (s *Snapshot) Evaluations() iter.Seq[*structs.Evaluation] { return s.evaluations.all() }

// JobEvaluations gives the evaluations of a job by id.
func (s *Snapshot) JobEvaluations(job string) iter.Seq[*structs.Evaluation] {
	return while(s.jobEvaluations.from(&structs.Evaluation{Job: job}),
		func(e *structs.Evaluation) bool { return e.Job == job })
}

// OpenEvaluations gives the evaluations of a job that are not done, by id. They are few.
func (s *Snapshot) OpenEvaluations(job string) iter.Seq[*structs.Evaluation] {
	return while(s.openEvaluations.from(&structs.Evaluation{Job: job}),
		func(e *structs.Evaluation) bool { return e.Job == job })
}

// BlockedEvaluations gives the evaluations of a cluster that wait for room, by id.
func (s *Snapshot) BlockedEvaluations(cluster string) iter.Seq[*structs.Evaluation] {
	return while(s.blocked.from(&structs.Evaluation{Cluster: cluster}),
		func(e *structs.Evaluation) bool { return e.Cluster == cluster })
}

// PutEvaluation adds or replaces an evaluation. It never changes its cluster or job.
func (tx *Tx) PutEvaluation(e *structs.Evaluation) {
	was := tx.evaluations.put(e)
	tx.jobEvaluations.put(e)
	if e.Status == structs.EvaluationDone {
		tx.openEvaluations.remove(e)
	} else {
		tx.openEvaluations.put(e)
	}
	if e.Status == structs.EvaluationBlocked {
		tx.blocked.put(e)
	} else if was != nil && was.Status == structs.EvaluationBlocked {
		tx.blocked.remove(e)
	}
	tx.queue(was, e)
	tx.changes = append(tx.changes, change{row: e, topics: [2]Topic{{Kind: TopicEvaluations}, {Kind: TopicEvaluations, ID: e.ID}}})
}

// RemoveEvaluation forgets an evaluation.
func (tx *Tx) RemoveEvaluation(e *structs.Evaluation) {
	tx.evaluations.remove(e)
	tx.jobEvaluations.remove(e)
	tx.openEvaluations.remove(e)
	tx.blocked.remove(e)
	tx.queue(e, nil)
}
