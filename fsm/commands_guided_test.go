package fsm

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// drawGuided draws a command that fits the state, so that logs make progress. n is unique within
// the log.
func drawGuided(t *rapid.T, s *state.Snapshot, n int) structs.Command {
	switch kind := rapid.SampledFrom([]string{"plan", "plan", "report", "report", "service", "job", "instance", "delete"}).Draw(t, "kind"); kind {
	case "plan":
		return guidedPlan(t, s, n)
	case "report":
		if task := pick(t, slices.Collect(s.AllTasks())); task != nil {
			u := drawUpdate(t)
			u.Task = task.ID
			return structs.ReportTasks{Instance: task.Instance, Updates: []structs.TaskUpdate{u}, At: anyTime.Draw(t, "at")}
		}
	case "service":
		return guidedService(t, s, n)
	case "delete":
		if j := pick(t, services(s)); j != nil {
			return structs.DeleteService{Job: j.ID, Force: true, Evaluation: structs.Evaluation{ID: fmt.Sprint("ge", n)}, At: anyTime.Draw(t, "at")}
		}
	case "instance":
		i := instance(anyInstance.Draw(t, "instance"), "prod")
		i.AgentConnected, i.GPUs = true, anyGPUs.Draw(t, "gpus")
		i.Network.Asks = true
		return structs.RegisterInstance{Instance: i, TaskNetwork: anyNetwork.Draw(t, "network")}
	}
	cmd := createJobCommand(fmt.Sprint("gj", n), fmt.Sprint("ge", n))
	cmd.Job.CreatedAt = anyTime.Draw(t, "at")
	return cmd
}

func services(s *state.Snapshot) []*structs.Job {
	return slices.DeleteFunc(slices.Collect(s.AllJobs()), func(j *structs.Job) bool {
		return j.Name == "" || j.Status != structs.ServiceActive
	})
}

// pick draws one of the rows, or nil if there are none.
func pick[R any](t *rapid.T, rows []*R) *R {
	if len(rows) == 0 {
		return nil
	}
	return rapid.SampledFrom(rows).Draw(t, "row")
}

func guidedService(t *rapid.T, s *state.Snapshot, n int) structs.Command {
	id, name, version := fmt.Sprint("gs", n), rapid.SampledFrom([]string{"web", "api"}).Draw(t, "name"), 1
	if j := s.Service("prod", name); j != nil && j.Status == structs.ServiceActive {
		id, version = j.ID, j.Version+1
	}
	cmd := putServiceCommand(id, name, version, fmt.Sprint("ge", n), fmt.Sprint("gd", n))
	cmd.Job.Service.PropagateTags, cmd.Job.Service.ManagedTags = "SERVICE", rapid.Bool().Draw(t, "managed")
	cmd.Deployment.CreatedAt = anyTime.Draw(t, "at")
	return cmd
}

// guidedPlan decides an open evaluation, for the present version of its job.
func guidedPlan(t *rapid.T, s *state.Snapshot, n int) structs.Command {
	open := slices.DeleteFunc(slices.Collect(s.Evaluations()), func(e *structs.Evaluation) bool { return e.Status == structs.EvaluationDone })
	cmd := drawServicePlan(t).(structs.ApplyPlan)
	plan := &cmd.Plan
	e := pick(t, open)
	if e == nil || s.Job(e.Job) == nil {
		return cmd
	}
	job := s.Job(e.Job)
	plan.Evaluation, plan.Job, plan.JobVersion, plan.Deployments = e.ID, e.Job, job.Version, nil
	for p := range plan.Placements {
		plan.Placements[p].Task = fmt.Sprintf("gt%d-%d", n, p)
	}
	if task := pick(t, slices.Collect(s.JobTasks(job.ID))); task != nil && len(plan.Stops) > 0 {
		plan.Stops[0].Task = task.ID
	}
	if d := pick(t, slices.Collect(s.Deployments(job.ID))); d != nil {
		plan.Deployment = d.ID
		row := *d
		row.Status, row.Rollout = anyDeployState.Draw(t, "state"), anyRollout.Draw(t, "rollout")
		plan.Deployments = []structs.Deployment{row}
	}
	if plan.Rollback != nil {
		back := *job
		back.Version++
		plan.Rollback = &back
	}
	if job.Name == "" {
		plan.Rollback = nil
	}
	if job.Status != structs.ServiceDraining {
		plan.JobStatus = ""
	}
	return cmd
}
