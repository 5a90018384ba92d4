package simulator

import (
	"slices"
	"strings"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// agents stands in for the agents of all instances: they do everything they are asked at once, and
// nothing fails.
type agents struct {
	tasks *state.Subscription
	// todo holds the tasks to look at, by instance.
	todo map[string][]*structs.Task
}

// meetAgents shows the agents all tasks on their instances, and from then on the changes there.
func (r *run) meetAgents(commands []structs.Command) {
	var topics []state.Topic
	for i := range r.base.AllInstances() {
		topics = append(topics, state.Topic{Kind: state.TopicInstanceTasks, ID: i.ID})
	}
	for _, cmd := range commands {
		if c, ok := cmd.(structs.RegisterInstance); ok && r.base.Instance(c.Instance.ID) == nil {
			topics = append(topics, state.Topic{Kind: state.TopicInstanceTasks, ID: c.Instance.ID})
		}
	}
	r.agents = agents{tasks: r.store.Subscribe(topics...), todo: map[string][]*structs.Task{}}
	r.lookEverywhere()
}

func (r *run) lookEverywhere() {
	snap := r.store.Snapshot()
	for i := range snap.AllInstances() {
		for t := range snap.InstanceTasks(i.ID) {
			r.noticeTask(t)
		}
	}
}

// noticeTask adds a task to the tasks that its agent will look at.
func (r *run) noticeTask(t *structs.Task) {
	r.agents.todo[t.Instance] = append(r.agents.todo[t.Instance], t)
}

// letAgentsAct lets every connected agent do what it was asked since it last acted, and reports
// whether there was anything to do.
func (r *run) letAgentsAct() (acted bool, err error) {
	changes, resync := r.agents.tasks.Take()
	if resync {
		r.touchAll()
		r.lookEverywhere()
	}
	for _, change := range changes {
		t := change.Row.(*structs.Task)
		r.touched[t.Job] = true
		r.noticeTask(t)
	}
	snap := r.store.Snapshot()
	for i := range snap.AllInstances() { // by id
		tasks := r.agents.todo[i.ID]
		if len(tasks) == 0 || !i.AgentConnected {
			continue
		}
		if updates := r.updates(snap, tasks); len(updates) > 0 {
			acted = true
			if _, err := r.apply(structs.ReportTasks{Instance: i.ID, Updates: updates, At: r.now}); err != nil {
				return false, err
			}
		}
	}
	clear(r.agents.todo)
	return acted, nil
}

// updates returns the reports of an instance's agent, by task id.
func (r *run) updates(snap *state.Snapshot, tasks []*structs.Task) (updates []structs.TaskUpdate) {
	slices.SortFunc(tasks, func(a, b *structs.Task) int { return strings.Compare(a.ID, b.ID) })
	tasks = slices.CompactFunc(tasks, func(a, b *structs.Task) bool { return a.ID == b.ID })
	for _, noticed := range tasks {
		t := snap.Task(noticed.ID)
		if t == nil || !t.Holds() {
			continue
		}
		d := snap.TaskDefinition(t.TaskDefinition)
		switch {
		case t.DesiredStatus == structs.TaskStopped:
			updates = append(updates, structs.TaskUpdate{
				Task: t.ID, Status: structs.TaskStopped, Containers: containers(t, d, structs.TaskStopped),
				StoppingAt: r.now, ExecutionStoppedAt: r.now, StoppedAt: r.now,
			})
		case t.LastStatus < structs.TaskRunning || d != nil && d.HasHealthCheck() && t.Health(d) == structs.HealthUnknown:
			updates = append(updates, structs.TaskUpdate{
				Task: t.ID, Status: structs.TaskRunning, Containers: containers(t, d, structs.TaskRunning),
				PullStartedAt: r.now, PullStoppedAt: r.now, StartedAt: r.now,
			})
		}
	}
	return updates
}

// containers returns the containers of a task with all of them at a status, and HEALTHY if they are
// RUNNING and have a health check. It keeps what the real agent has reported about them, such as
// their ports.
func containers(t *structs.Task, d *structs.TaskDefinition, status structs.TaskStatus) []structs.Container {
	if d == nil {
		return nil
	}
	list := slices.Clone(t.Containers)
	if len(list) != len(d.ContainerDefinitions) {
		list = make([]structs.Container, len(d.ContainerDefinitions))
	}
	for n := range list {
		list[n].Name, list[n].LastStatus = d.ContainerDefinitions[n].Name, status
		if status == structs.TaskRunning && d.ContainerDefinitions[n].HealthCheck.Checks() {
			list[n].HealthStatus = structs.Healthy
		}
	}
	return list
}
