package simulator

import (
	"slices"
	"strings"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// agents stand in for those of every instance: what they are asked to do is done at once, and
// nothing fails.
type agents struct {
	tasks *state.Subscription
	// todo are tasks to look at, by instance.
	todo map[string][]*structs.Task
}

// meetAgents lets agents see all that is on their instances, and from then on what changes there.
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

// noticeTask puts a task down for its agent.
func (r *run) noticeTask(t *structs.Task) {
	r.agents.todo[t.Instance] = append(r.agents.todo[t.Instance], t)
}

// letAgentsAct makes what every connected agent was asked to do since it last acted so, and says
// whether anything was.
func (r *run) letAgentsAct() (acted bool, err error) {
	rows, resync := r.agents.tasks.Take()
	if resync {
		r.touchAll()
		r.lookEverywhere()
	}
	for _, row := range rows {
		t := row.(*structs.Task)
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

// updates is what the agent of an instance reports, by task id.
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

// containers gives those of a task once all of them have a status: HEALTHY when they are RUNNING
// and have a health check. What the real agent has reported of them stays, such as the ports that
// they hold.
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
