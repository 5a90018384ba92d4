package state

import (
	"cmp"
	"iter"

	"github.com/gantry-project/gantry/structs"
)

var evaluations = Declare(Declaration[structs.Evaluation]{
	Table: 7, Name: "evaluations",
	Less: func(a, b *structs.Evaluation) bool { return a.ID < b.ID },
	Indexes: []Index[structs.Evaluation]{
		evaluationsByJob: {Of: evaluationJob, Less: lessJobEvaluation},
		openEvaluations: {
			Of: evaluationJob, Less: lessJobEvaluation,
			Has: func(e *structs.Evaluation) bool { return e.Status != structs.EvaluationDone },
		},
		blockedEvaluations: {
			Of: evaluationCluster, Less: lessClusterEvaluation,
			Has: func(e *structs.Evaluation) bool { return e.Status == structs.EvaluationBlocked },
		},
		waitingEvaluations: {Of: evaluationCluster, Less: lessWaiting, Has: (*structs.Evaluation).Waits},
		calledEvaluations:  {Of: evaluationCluster, Less: lessCalled, Has: (*structs.Evaluation).Called},
	},
	Topics: func(_, e *structs.Evaluation, _ bool) [maxTopics]Topic {
		return [maxTopics]Topic{{Kind: TopicEvaluations}, {Kind: TopicEvaluations, ID: e.ID}}
	},
})

// The indexes of evaluations.
const (
	evaluationsByJob   = iota // by job and id
	openEvaluations           // those in evaluationsByJob that are not done
	blockedEvaluations        // by cluster and id; those that are blocked
	waitingEvaluations        // in the order of structs.CompareWaiting; those in a queue for room
	// by cluster, most important first; those in waitingEvaluations that are ready
	calledEvaluations
)

func evaluationJob(e *structs.Evaluation) string     { return e.Job }
func evaluationCluster(e *structs.Evaluation) string { return e.Cluster }

func lessJobEvaluation(a, b *structs.Evaluation) bool {
	return cmp.Or(cmp.Compare(a.Job, b.Job), cmp.Compare(a.ID, b.ID)) < 0
}

func lessClusterEvaluation(a, b *structs.Evaluation) bool {
	return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.ID, b.ID)) < 0
}

// Evaluation returns an evaluation by id, or nil if there is none.
func (s *Snapshot) Evaluation(id string) *structs.Evaluation {
	return evaluations.get(s, &structs.Evaluation{ID: id})
}

// Evaluations returns every evaluation by id.
func (s *Snapshot) Evaluations() iter.Seq[*structs.Evaluation] { return evaluations.all(s) }

// JobEvaluations returns the evaluations of a job by id.
func (s *Snapshot) JobEvaluations(job string) iter.Seq[*structs.Evaluation] {
	return evaluations.of(s, evaluationsByJob, &structs.Evaluation{Job: job})
}

// OpenEvaluations returns the few evaluations of a job that are not done, by id.
func (s *Snapshot) OpenEvaluations(job string) iter.Seq[*structs.Evaluation] {
	return evaluations.of(s, openEvaluations, &structs.Evaluation{Job: job})
}

// BlockedEvaluations returns the evaluations of a cluster that wait for room, by id.
func (s *Snapshot) BlockedEvaluations(cluster string) iter.Seq[*structs.Evaluation] {
	return evaluations.of(s, blockedEvaluations, &structs.Evaluation{Cluster: cluster})
}

// PutEvaluation adds or replaces an evaluation.
func (tx *Tx) PutEvaluation(e *structs.Evaluation) { evaluations.put(tx, e) }

// RemoveEvaluation removes an evaluation.
func (tx *Tx) RemoveEvaluation(e *structs.Evaluation) { evaluations.remove(tx, e) }
