package fsm

import (
	"maps"
	"slices"
	"testing"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// serving returns cluster with service web (job s1) of two tasks: t1 on i1 and t2 on i2, of
// deployment d1. Agents are connected, and every evaluation is done.
func serving(t testing.TB) *harness {
	h := cluster(t)
	h.do(planOf("e1", "j1"))
	h.do(structs.SetAgentConnected{Instances: []string{"i1", "i2"}, Connected: true, At: 11})
	h.do(putServiceCommand("s1", "web", 1, "se1", "d1"))
	h.do(servicePlan(h, "se1", "s1", "d1", structs.Placement{Task: "t1", Instance: "i1"}, structs.Placement{Task: "t2", Instance: "i2"}))
	return h
}

// putServiceCommand puts a version of a service, with a deployment if one is named.
func putServiceCommand(job, name string, version int, eval, deployment string) structs.PutService {
	cmd := structs.PutService{
		Job: structs.Job{
			ID: job, Cluster: "prod", Name: name, Type: structs.JobService, Version: version, TaskDefinition: "web:1", Count: 2,
			Service: &structs.ServiceSpec{Controller: "ECS"}, CreatedAt: 12,
		},
		Evaluation: structs.Evaluation{ID: eval, Status: structs.EvaluationReady, CreatedAt: 12},
	}
	if deployment != "" {
		cmd.Deployment = &structs.Deployment{ID: deployment, Rollout: structs.RolloutInProgress, CreatedAt: 12, UpdatedAt: 12}
	}
	return cmd
}

// servicePlan decides an evaluation of a service as it is now.
func servicePlan(h *harness, eval, job, deployment string, placements ...structs.Placement) structs.ApplyPlan {
	cmd := planOf(eval, job, placements...)
	cmd.Plan.Deployment, cmd.Plan.JobVersion = deployment, h.snap().Job(job).Version
	return cmd
}

// open returns the evaluations of a job that are not done, by id, as status and reason.
func (h *harness) open(job string) map[string]string {
	open := map[string]string{}
	for e := range h.snap().OpenEvaluations(job) {
		open[e.ID] = e.Status + " " + string(e.Because)
	}
	return open
}

// decide ends every open evaluation of a job with an empty plan, and returns their reasons.
func (h *harness) decide(job string) (because []structs.EvaluationReason) {
	h.Helper()
	for _, id := range slices.Sorted(maps.Keys(h.open(job))) {
		// an earlier one may have ended it
		if e := h.snap().Evaluation(id); e.Status != structs.EvaluationDone {
			because = append(because, e.Because)
			h.do(servicePlan(h, id, job, ""))
		}
	}
	return because
}

// runningUpdate is the report of a task that is RUNNING.
func runningUpdate(task, health string) structs.TaskUpdate {
	return structs.TaskUpdate{
		Task: task, Status: structs.TaskRunning, StartedAt: 30,
		Containers: []structs.Container{{Name: "app", LastStatus: structs.TaskRunning, HealthStatus: health}},
	}
}

// change writes state without a command.
func (h *harness) change(fn func(*state.Tx)) {
	h.Helper()
	h.index++
	if err := h.fsm.store.Update(h.index, func(tx *state.Tx) error { fn(tx); return nil }); err != nil {
		h.Fatal(err)
	}
}

// withHealthCheck gives the container of a definition a health check.
func withHealthCheck(h *harness, key string) {
	h.change(func(tx *state.Tx) {
		d := *tx.TaskDefinition(key)
		d.ContainerDefinitions = slices.Clone(d.ContainerDefinitions)
		d.ContainerDefinitions[0].HealthCheck = &structs.HealthCheck{Command: []string{"CMD-SHELL", "true"}}
		tx.PutTaskDefinition(&d)
	})
}

func failuresBefore(h *harness, deployment string, n int) {
	h.change(func(tx *state.Tx) {
		d := *tx.Deployment(deployment)
		d.Failures = n
		tx.PutDeployment(&d)
	})
}
