package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func collect(tx *state.Tx, _ uint64, cmd structs.Collect) (string, error) {
	found := findGarbage(tx.Snapshot, cmd.Before)
	for _, t := range found.tasks {
		tx.RemoveTask(t)
		tx.PutTags(taskKey(t.Cluster, t.ID), nil)
	}
	for _, e := range found.evaluations {
		tx.RemoveEvaluation(e)
	}
	for _, j := range found.jobs {
		tx.RemoveJob(j)
	}
	for _, d := range found.definitions {
		tx.RemoveTaskDefinition(d)
		tx.PutTags(definitionKey(d.Key()), nil)
	}
	for _, c := range found.clusters {
		tx.RemoveCluster(c.Name)
		tx.PutTags(clusterKey(c.Name), nil)
	}
	return "", nil
}

// Collectable says whether a Collect with that time would forget anything, so that a leader writes no entry for nothing.
func Collectable(snap *state.Snapshot, before structs.Time) bool {
	found := findGarbage(snap, before)
	return len(found.tasks)+len(found.jobs)+len(found.definitions)+len(found.clusters) > 0
}

// garbage is what a Collect forgets. Evaluations go with their job.
type garbage struct {
	tasks       []*structs.Task
	jobs        []*structs.Job
	evaluations []*structs.Evaluation
	definitions []*structs.TaskDefinition
	clusters    []*structs.Cluster
}

func findGarbage(snap *state.Snapshot, before structs.Time) garbage {
	var found garbage
	definitions, clusters := candidates(snap, before)
	for t := range snap.AllTasks() {
		if taskEnded(t, before) {
			found.tasks = append(found.tasks, t)
		} else {
			delete(definitions, t.TaskDefinition)
		}
	}
	for j := range snap.AllJobs() {
		if jobEnded(snap, j, before) {
			found.jobs = append(found.jobs, j)
			found.evaluations = slices.AppendSeq(found.evaluations, snap.JobEvaluations(j.ID))
		} else {
			delete(definitions, j.TaskDefinition)
			delete(clusters, j.Cluster)
		}
	}
	for d := range snap.TaskDefinitions() {
		if len(definitions) > 0 && definitions[d.Key()] {
			found.definitions = append(found.definitions, d)
		}
	}
	for c := range snap.Clusters() {
		if clusters[c.Name] {
			found.clusters = append(found.clusters, c)
		}
	}
	return found
}

// candidates gives the task definitions (by key) and clusters (by name) that go unless something refers to them.
func candidates(snap *state.Snapshot, before structs.Time) (definitions, clusters map[string]bool) {
	definitions, clusters = map[string]bool{}, map[string]bool{}
	for d := range snap.TaskDefinitions() {
		if d.Status == structs.DefinitionDeleteInProgress {
			definitions[d.Key()] = true
		}
	}
	for c := range snap.Clusters() {
		if c.Status == structs.ClusterInactive && c.DeletedAt < before && !hasInstances(snap, c.Name) {
			clusters[c.Name] = true
		}
	}
	return definitions, clusters
}

func taskEnded(t *structs.Task, before structs.Time) bool {
	return t.LastStatus == structs.TaskStopped && t.StoppedAt < before
}

// jobEnded says whether nothing is left of a job once the tasks that ended are forgotten. A task's job stands as long as
// the task does.
func jobEnded(snap *state.Snapshot, j *structs.Job, before structs.Time) bool {
	if j.CreatedAt >= before {
		return false
	}
	for t := range snap.JobTasks(j.ID) {
		if !taskEnded(t, before) {
			return false
		}
	}
	for e := range snap.JobEvaluations(j.ID) {
		if e.Status != structs.EvaluationDone {
			return false
		}
	}
	return true
}

func hasInstances(snap *state.Snapshot, cluster string) bool {
	for range snap.Instances(cluster) {
		return true
	}
	return false
}
