package fsm

import (
	"math"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func collect(tx *state.Tx, _ uint64, cmd structs.Collect) (string, error) {
	found := findGarbage(tx.Snapshot, cmd.Before, cmd.Limit)
	for _, t := range found.tasks {
		tx.RemoveTask(t)
		tx.PutTags(structs.TaskKey(t.Cluster, t.ID), nil)
	}
	for _, e := range found.evaluations {
		tx.RemoveEvaluation(e)
	}
	for _, d := range found.deployments {
		tx.RemoveDeployment(d)
	}
	for _, v := range found.versions {
		tx.RemoveJobVersion(v)
	}
	for _, j := range found.jobs {
		tx.RemoveServiceEvents(j.ID)
		tx.RemoveJob(j)
		// otherwise its tags belong to the next service with its name
		if isService(j) && tx.Service(j.Cluster, j.Name) == nil {
			tx.PutTags(structs.ServiceKey(j.Cluster, j.Name), nil)
		}
	}
	for _, i := range found.instances {
		tx.RemoveInstance(i)
		tx.PutTags(structs.InstanceKey(i.Cluster, i.ID), nil)
	}
	for _, d := range found.definitions {
		tx.RemoveTaskDefinition(d)
		tx.PutTags(structs.TaskDefinitionKey(d.Key()), nil)
	}
	for _, c := range found.clusters {
		tx.RemoveCluster(c.Name)
		tx.RemoveRoom(c.Name)
		tx.PutTags(structs.ClusterKey(c.Name), nil)
	}
	for _, p := range found.providers {
		tx.RemoveCapacityProvider(p)
		tx.PutTags(structs.CapacityProviderKey(p.Name), nil)
	}
	return "", nil
}

// Collectable reports whether a Collect with that time would remove anything. It spares the log
// useless entries.
func Collectable(snap *state.Snapshot, before structs.Time) bool {
	return findGarbage(snap, before, 1).size() > 0
}

// garbage is the set of rows that a Collect removes.
type garbage struct {
	room        int // how many more tasks and evaluations may be added
	tasks       []*structs.Task
	jobs        []*structs.Job
	evaluations []*structs.Evaluation
	versions    []*structs.Job
	deployments []*structs.Deployment
	instances   []*structs.ContainerInstance
	definitions []*structs.TaskDefinition
	clusters    []*structs.Cluster
	providers   []*structs.CapacityProvider
}

func (g *garbage) size() int {
	return len(g.tasks) + len(g.jobs) + len(g.evaluations) + len(g.versions) + len(g.deployments) + len(g.instances) +
		len(g.definitions) + len(g.clusters) + len(g.providers)
}

// findGarbage goes through the jobs: every task, evaluation and deployment belongs to one.
func findGarbage(snap *state.Snapshot, before structs.Time, limit int) *garbage {
	found := &garbage{room: limit}
	if limit == 0 {
		found.room = math.MaxInt
	}
	definitions, clusters := candidates(snap, before)
	for j := range snap.AllJobs() {
		if found.addJob(snap, j, before, definitions) {
			found.jobs = append(found.jobs, j)
		} else {
			delete(definitions, j.TaskDefinition)
			delete(clusters, j.Cluster)
		}
	}
	for i := range snap.AllInstances() {
		if instanceEnded(snap, i, before) {
			found.instances = append(found.instances, i)
		} else {
			delete(clusters, i.Cluster)
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
	for p := range snap.CapacityProviders() {
		if p.Status == structs.ProviderInactive && p.DeletedAt < before {
			found.providers = append(found.providers, p)
		}
	}
	return found
}

// candidates returns the task definitions (by key) and clusters (by name) to remove unless
// something refers to them.
func candidates(snap *state.Snapshot, before structs.Time) (definitions, clusters map[string]bool) {
	definitions, clusters = map[string]bool{}, map[string]bool{}
	for d := range snap.TaskDefinitions() {
		if d.Status == structs.DefinitionDeleteInProgress {
			definitions[d.Key()] = true
		}
	}
	for c := range snap.Clusters() {
		if c.Status == structs.ClusterInactive && c.DeletedAt < before {
			clusters[c.Name] = true
		}
	}
	return definitions, clusters
}

// addJob adds the removable parts of a job and reports whether the job itself can be removed. It
// deletes from definitions those that the remaining parts use.
func (g *garbage) addJob(snap *state.Snapshot, j *structs.Job, before structs.Time, definitions map[string]bool) (gone bool) {
	gone = jobEnded(j, before)
	for t := range snap.JobTasks(j.ID) {
		if g.room > 0 && (gone || !hasBatchSpec(j)) && t.LastStatus == structs.TaskStopped && t.StoppedAt < before {
			g.tasks = append(g.tasks, t)
			g.room--
		} else {
			gone = false
			delete(definitions, t.TaskDefinition)
		}
	}
	for range snap.OpenEvaluations(j.ID) {
		gone = false
	}
	if gone = g.addEvaluations(snap, j, before, gone); isService(j) {
		g.addHistory(snap, j, gone, definitions)
	}
	return gone
}

// addEvaluations adds all evaluations of a job that is removed. A service or a batch job with
// attempts that stays may have many; of those it adds the ones that were done long ago.
func (g *garbage) addEvaluations(snap *state.Snapshot, j *structs.Job, before structs.Time, gone bool) bool {
	if !gone && !isService(j) && !hasBatchSpec(j) {
		return false
	}
	for e := range snap.JobEvaluations(j.ID) {
		switch {
		case g.room == 0:
			return false
		case gone || e.Status == structs.EvaluationDone && e.DoneAt < before:
			g.evaluations = append(g.evaluations, e)
			g.room--
		}
	}
	return gone
}

// jobEnded reports whether a job can be removed once its tasks are gone and its evaluations
// decided.
func jobEnded(j *structs.Job, before structs.Time) bool {
	if isService(j) {
		return j.Status == structs.ServiceInactive && j.DeletedAt < before
	}
	if hasBatchSpec(j) { // its tasks record its attempts and stay until it has ended
		return j.Status != structs.BatchRunning && j.EndedAt < before
	}
	return j.CreatedAt < before
}

func instanceEnded(snap *state.Snapshot, i *structs.ContainerInstance, before structs.Time) bool {
	for range snap.InstanceTasks(i.ID) {
		return false
	}
	return i.Status == structs.InstanceInactive && !i.AgentConnected && i.DeregisteredAt < before
}
