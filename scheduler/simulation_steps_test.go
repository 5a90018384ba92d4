package scheduler

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func (s *simulation) addInstance(n int) {
	s.cluster.update(func(tx *state.Tx) {
		tx.PutInstance(&structs.ContainerInstance{
			ID: fmt.Sprintf("i%d", n), Cluster: "default", Status: structs.InstanceActive,
			Attributes:     []structs.Attribute{{Name: structs.AttributeZone, Value: fmt.Sprintf("z%d", n%3)}},
			AgentConnected: true, Registered: structs.Resources{CPU: 1024, Memory: 700},
		})
	})
}

func (s *simulation) deploy(t *rapid.T, job structs.Job) {
	s.deployed++
	job.TaskDefinition = fmt.Sprintf("f:%d", rapid.IntRange(1, 4).Draw(t, "revision"))
	s.put(job, fmt.Sprintf("ecs-svc/%019d", s.deployed))
}

func (s *simulation) pick(t *rapid.T, match func(*structs.Task) bool) *structs.Task {
	tasks := s.tasksIn(match)
	if len(tasks) == 0 {
		t.Skip("no such task")
	}
	return rapid.SampledFrom(tasks).Draw(t, "task")
}

// moveOn takes a task one step further, as if nothing went wrong.
func (s *simulation) moveOn(task *structs.Task) {
	switch {
	case task.DesiredStatus == structs.TaskStopped:
		s.report(task.ID, structs.TaskStopped, "")
	case task.LastStatus < structs.TaskPending:
		s.report(task.ID, structs.TaskPending, "")
	case task.LastStatus < structs.TaskRunning:
		s.report(task.ID, structs.TaskRunning, "")
	default:
		s.report(task.ID, structs.TaskRunning, structs.Healthy)
	}
}

func (s *simulation) taskMovesOn(t *rapid.T) {
	s.moveOn(s.pick(t, func(t *structs.Task) bool { return t.Holds() }))
	s.settleDown(t)
}

func (s *simulation) tasksMoveOn(t *rapid.T) {
	s.now += rapid.SampledFrom([]structs.Time{0, 2000, 40_000}).Draw(t, "ms")
	for _, task := range s.tasksIn(func(t *structs.Task) bool { return t.Holds() }) {
		s.moveOn(task)
	}
	s.settleDown(t)
}

func (s *simulation) taskFails(t *rapid.T) {
	s.report(s.pick(t, func(t *structs.Task) bool { return alive(t) && t.LastStatus < structs.TaskRunning }).ID, structs.TaskStopped, "")
	s.settleDown(t)
}

func (s *simulation) taskStops(t *rapid.T) {
	s.report(s.pick(t, alive).ID, structs.TaskStopped, "")
	s.settleDown(t)
}

func (s *simulation) taskIsSick(t *rapid.T) {
	task := s.pick(t, func(t *structs.Task) bool { return alive(t) && t.LastStatus == structs.TaskRunning })
	s.report(task.ID, structs.TaskRunning, structs.Unhealthy)
	s.settleDown(t)
}

func (s *simulation) userStopsTask(t *rapid.T) {
	s.alterTask(s.pick(t, alive).ID, func(row *structs.Task) { row.DesiredStatus = structs.TaskStopped })
	s.settleDown(t)
}

func (s *simulation) protect(t *rapid.T) {
	until := s.now + structs.Time(rapid.IntRange(0, 100_000).Draw(t, "for"))
	s.alterTask(s.pick(t, alive).ID, func(row *structs.Task) { row.ProtectedUntil = until })
	s.settleDown(t)
}

func (s *simulation) instanceChanges(t *rapid.T) {
	instances := slices.Collect(s.store.Snapshot().Instances("default"))
	if len(instances) == 0 {
		t.Skip("no instance")
	}
	s.alterInstance(rapid.SampledFrom(instances).Draw(t, "instance").ID, func(row *structs.ContainerInstance) {
		row.Status = rapid.SampledFrom([]string{"ACTIVE", "DRAINING", "INACTIVE"}).Draw(t, "status")
		row.AgentConnected = rapid.IntRange(0, 3).Draw(t, "agent") > 0
		row.Runtime.Status = rapid.SampledFrom([]string{"", structs.HealthOK, structs.HealthOK, structs.HealthImpaired}).Draw(t, "engine")
		row.HeldUntil = structs.Time(max(0, rapid.IntRange(-3, 1).Draw(t, "held until")))
	})
	s.settleDown(t)
}

func (s *simulation) instanceJoins(t *rapid.T) {
	n := len(slices.Collect(s.store.Snapshot().Instances("default")))
	if n >= 6 {
		t.Skip("enough")
	}
	s.addInstance(n)
	s.settleDown(t)
}

func (s *simulation) countChanges(t *rapid.T) {
	job := *s.job()
	if job.Type == structs.JobDaemon {
		t.Skip("a daemon has no count")
	}
	job.Count = rapid.IntRange(0, 6).Draw(t, "count")
	s.put(job, "")
	s.settleDown(t)
}

func (s *simulation) policyChanges(t *rapid.T) {
	job := *s.job()
	spec := *job.Service
	spec.Update = drawPolicy(t, job.Type)
	job.Service = &spec
	s.put(job, "")
	s.settleDown(t)
}

func (s *simulation) update(t *rapid.T) {
	s.deploy(t, *s.job())
	s.settleDown(t)
}

func (s *simulation) stopDeployment(t *rapid.T) {
	d := s.primary()
	if d.Rollout != structs.RolloutInProgress || d.RollbackOf != "" {
		t.Skip("nothing to stop")
	}
	how := rapid.SampledFrom([]string{structs.StopRollback, structs.StopAbort}).Draw(t, "how")
	s.alterDeployment(d.ID, func(row *structs.Deployment) { row.StopRequested = how })
	s.settleDown(t)
}

func (s *simulation) answerAPause(t *rapid.T) {
	action := rapid.SampledFrom([]string{structs.HookContinue, structs.HookContinue, structs.HookRollback}).Draw(t, "answer")
	answered := false
	s.alterDeployment(s.primary().ID, func(row *structs.Deployment) { answered = answerPause(row, action) })
	if !answered {
		t.Skip("nothing waits")
	}
	s.settleDown(t)
}

func (s *simulation) timeGoesBy(t *rapid.T) {
	s.now += structs.Time(rapid.IntRange(1, 100_000).Draw(t, "ms"))
	s.settleDown(t)
}
