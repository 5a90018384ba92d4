package logs

import (
	"cmp"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"time"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// stoppedKept is for how long stopped tasks are certainly in state. The collector keeps them for an
// hour, unless the server is told otherwise.
const stoppedKept = 50 * time.Minute

// taskID matches the id of the task at the end of a stream's name (PREFIX/CONTAINER/TASK).
var taskID = regexp.MustCompile(`/([0-9a-f]{32})$`)

// holder is an instance that may have streams of a query.
type holder struct {
	instance string
	// tasks are those whose streams it has, as far as state knows.
	tasks []string
	// away is why its agent cannot be asked, for people; empty if it can.
	away string
	gone bool // it is no longer part of the cluster
}

// Missing is an instance whose streams are missing from an answer.
type Missing struct {
	Instance string
	// Tasks are those of which streams are known to be missing.
	Tasks []string
	Why   string // for people
	Gone  bool   // the instance is no longer part of the cluster
}

func (m Missing) String() string { return "container instance " + m.Instance + " " + m.Why }

// holders returns the instances to ask: those of the tasks that the query names, else those of the
// tasks in state that the query is about. If it also wants events from before the oldest stopped
// task in state, it returns all instances of the cluster.
func (q *Query) holders(snap *state.Snapshot, now structs.Time) []holder {
	found := map[string]*holder{}
	add := func(instance, task string) {
		if instance == "" {
			return // it waits for room
		}
		if found[instance] == nil {
			i := snap.Instance(instance)
			found[instance] = &holder{instance: instance, away: away(i), gone: i == nil || i.Status == structs.InstanceInactive}
		}
		if task != "" {
			found[instance].tasks = append(found[instance].tasks, task)
		}
	}
	named, known := q.namedTasks(snap)
	for _, t := range named {
		add(t.Instance, t.ID)
	}
	if !known {
		q.search(snap, now, add)
	}
	out := make([]holder, 0, len(found))
	for _, h := range found {
		out = append(out, *h)
	}
	slices.SortFunc(out, func(a, b holder) int { return cmp.Compare(a.instance, b.instance) })
	return out
}

// search adds the instances of a query that names no task that is known.
func (q *Query) search(snap *state.Snapshot, now structs.Time, add func(instance, task string)) {
	definitions := map[string]bool{} // whether they write to the group
	for t := range q.tasks(snap) {
		if q.isOf(snap, t, definitions) {
			add(t.Instance, t.ID)
		}
	}
	if q.Since > now-structs.Time(stoppedKept.Milliseconds()) {
		return
	}
	for i := range snap.AllInstances() {
		if i.AgentConnected && (q.Cluster == "" || i.Cluster == q.Cluster) {
			add(i.ID, "")
		}
	}
}

// tasks returns the tasks in state among which are all that the query is about.
func (q *Query) tasks(snap *state.Snapshot) iter.Seq[*structs.Task] {
	switch {
	case q.Cluster == "":
		return snap.AllTasks()
	case !q.present:
		return snap.Tasks(q.Cluster)
	}
	if job := snap.Service(q.Cluster, q.Service); job != nil {
		return snap.JobTasks(job.ID)
	}
	return func(func(*structs.Task) bool) {}
}

// isOf reports whether a query is about a task.
func (q *Query) isOf(snap *state.Snapshot, t *structs.Task, definitions map[string]bool) bool {
	switch {
	case q.Task != "":
		return t.ID == q.Task
	case q.Service != "" && t.Group != structs.ServiceGroup(q.Service):
		return false
	case q.Group == "":
		return true
	}
	writes, seen := definitions[t.TaskDefinition]
	if !seen {
		if d := snap.TaskDefinition(t.TaskDefinition); d != nil {
			writes = slices.ContainsFunc(d.AwslogsGroups(), func(g structs.AwslogsGroup) bool { return g.Name == q.Group })
		}
		definitions[t.TaskDefinition] = writes
	}
	return writes
}

// namedTasks returns the tasks whose streams the query names. known is false if it does not only
// name such.
func (q *Query) namedTasks(snap *state.Snapshot) (tasks []*structs.Task, known bool) {
	if q.Task != "" {
		if t := snap.Task(q.Task); t != nil {
			return []*structs.Task{t}, true
		}
		return nil, false
	}
	for _, name := range q.Names {
		id := taskID.FindStringSubmatch(name)
		if id == nil {
			return nil, false
		}
		t := snap.Task(id[1])
		if t == nil {
			return nil, false
		}
		tasks = append(tasks, t)
	}
	return tasks, len(tasks) > 0
}

// away returns why the agent of an instance cannot be asked; empty if it can.
func away(i *structs.ContainerInstance) string {
	switch {
	case i == nil:
		return "does not exist any more; what its tasks wrote was on its disk (docs/logs.md)"
	case i.AgentConnected:
		return ""
	case i.Status == structs.InstanceInactive:
		return "was deregistered, and its agent is not connected; what its tasks wrote is on its disk (docs/logs.md)"
	}
	return fmt.Sprintf("(%s) is not connected; what its tasks wrote is on its disk, and can be read when it is back",
		cmp.Or(i.Name, i.Address, "unknown host"))
}
