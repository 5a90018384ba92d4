package cluster

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

// patience is the time that a cluster may take until everything is as asked for. It is long because
// services whose tasks fail quickly start the next ones late.
const patience = 30 * time.Minute

// invariants checks that a cluster is as its user was told.
type invariants struct {
	engine *testutil.FakeEngine
	hosts  *testutil.FakeNetworks
	read   func() (*state.Snapshot, error)
	user   *workload
	exited map[string]bool // tasks whose containers were killed
}

// await waits until nothing is wrong, then a little longer, and returns what is still wrong.
func (c *invariants) await() (wrong []string) {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Second) {
		if len(c.violations()) == 0 {
			break
		}
	}
	time.Sleep(10 * time.Second) // what is under way happens
	return c.violations()
}

// violations returns what is not as the user was told.
func (c *invariants) violations() (wrong []string) {
	snap, err := c.read()
	if err != nil {
		return []string{err.Error()}
	}
	j := &comparison{snap: snap, running: map[string]int{}, exited: c.exited}
	j.containers(c.engine)
	j.runs(c.user)
	j.batches(c.user)
	j.services(c.user)
	j.addresses(c.hosts)
	return j.wrong
}

// comparison compares what there is with what was asked for.
type comparison struct {
	snap    *state.Snapshot
	running map[string]int // containers, by task
	exited  map[string]bool
	wrong   []string
}

func (j *comparison) say(format string, args ...any) {
	j.wrong = append(j.wrong, fmt.Sprintf(format, args...))
}

// containers checks that every running container belongs to a task that should run there, and that
// none was started twice.
func (j *comparison) containers(engine *testutil.FakeEngine) {
	for name, starts := range engine.Starts() {
		if starts != 1 {
			j.say("container %s was started %d times", name, starts)
		}
	}
	for _, c := range engine.All() {
		if c.State != runtime.ContainerRunning {
			continue
		}
		id := c.Labels[runtime.LabelTask]
		j.running[id]++
		task := j.snap.Task(id)
		if task == nil || task.DesiredStatus != structs.TaskRunning || task.Instance != c.Labels[runtime.LabelInstance] {
			j.say("container %s runs for nobody: its task is %+v", c.Name, task)
		}
	}
}

// runs checks that there is one job for each call of RunTask, with exactly the tasks that the user
// was told of.
func (j *comparison) runs(u *workload) {
	jobs := map[string]*structs.Job{}
	for job := range j.snap.AllJobs() {
		if job.Type != structs.JobBatch || job.Batch != nil {
			continue
		}
		if jobs[job.ClientToken] != nil {
			j.say("call %s made two jobs", job.ClientToken)
		}
		jobs[job.ClientToken] = job
	}
	for token, r := range u.runs {
		job := jobs[token]
		if job == nil {
			j.say("call %s has left no job", token)
			continue
		}
		n := 0
		for range j.snap.JobTasks(job.ID) {
			n++
		}
		if n != len(r.tasks) {
			j.say("call %s told of %d tasks, and there are %d", token, len(r.tasks), n)
		}
		for _, id := range r.tasks {
			j.task(id, r)
		}
	}
	if len(jobs) != len(u.runs) {
		j.say("there are %d jobs of %d calls", len(jobs), len(u.runs))
	}
}

// task checks that a task of a run ended as its image should end.
func (j *comparison) task(id string, r run) {
	task := j.snap.Task(id)
	if task == nil {
		j.say("task %s of %s is gone", id, r.family)
		return
	}
	if task.StopCode == structs.StopTaskFailedToStart && strings.Contains(task.StoppedReason, "container engine of the instance did not work") {
		return // its engine hung for too long; nobody replaces it
	}
	ends := r.family == "once:1" || r.stopped[id] || j.exited[id]
	switch {
	case !ends && (task.LastStatus != structs.TaskRunning || j.running[id] != 1):
		j.say("task %s is %s with %d running containers (%s, %q)", id, task.LastStatus, j.running[id], task.StopCode, task.StoppedReason)
	case ends && (task.LastStatus != structs.TaskStopped || j.running[id] != 0):
		j.say("task %s, which ended, is %s with %d running containers", id, task.LastStatus, j.running[id])
	case r.family == "once:1" && !j.exited[id]:
		if c := task.Containers; len(c) != 1 || c[0].ExitCode == nil || *c[0].ExitCode != 0 {
			j.say("task %s ran once and has come to %+v (%s, %q)", id, c, task.StopCode, task.StoppedReason)
		}
	}
}

// batches checks that there is one job for each batch that was put, and that each of its tasks was
// tried until it succeeded or no attempt was left.
func (j *comparison) batches(u *workload) {
	n := 0
	for job := range j.snap.AllJobs() {
		if job.Batch != nil {
			n++
		}
	}
	if n != len(u.batches) {
		j.say("there are %d batch jobs of %d calls", n, len(u.batches))
	}
	for id, want := range u.batches {
		job := j.snap.Job(id)
		if job == nil || job.Count != want.count {
			j.say("batch job %s of %d tasks has left %+v", id, want.count, job)
			continue
		}
		killed := slices.ContainsFunc(slices.Collect(j.snap.JobTasks(job.ID)), func(t *structs.Task) bool { return j.exited[t.ID] })
		for n, slot := range job.BatchSlots(j.snap.TaskDefinition(job.TaskDefinition), j.snap.JobTasks(job.ID)) {
			tried := slot.Failed && slot.Attempts == job.Batch.Attempts
			if !(tried && (killed || want.image == "failing") || slot.Succeeded && want.image == "once") {
				j.say("task %d of %s, %s, has come to %+v", n, job.Name, want.image, slot)
			}
		}
	}
}

// services checks that each service has exactly the tasks that it was last asked for.
func (j *comparison) services(u *workload) {
	for name, want := range u.services {
		job := j.snap.Service(structs.DefaultCluster, name)
		switch {
		case job == nil:
			j.say("%s is gone", name)
			continue
		case want.deleted != (job.Status == structs.ServiceInactive):
			j.say("%s is %s, and deleted: %v", name, job.Status, want.deleted)
		}
		count := want.count
		if want.deleted {
			count = 0
		}
		n := 0
		for task := range j.snap.JobTasks(job.ID) {
			switch {
			case !task.Holds():
				continue
			case task.LastStatus != structs.TaskRunning || task.DesiredStatus != structs.TaskRunning || j.running[task.ID] != 1:
				j.say("task %s of %s is %s, to be %s, with %d running containers", task.ID, name, task.LastStatus, task.DesiredStatus, j.running[task.ID])
			case task.TaskDefinition != want.definition:
				j.say("task %s of %s is of %s, not of %s", task.ID, name, task.TaskDefinition, want.definition)
			}
			n++
		}
		if n != count {
			j.say("%s has %d tasks, not %d", name, n, count)
		}
		if !want.deleted {
			j.deployments(name, job)
		}
	}
}

// deployments checks that there is one PRIMARY deployment and that it is completed.
func (j *comparison) deployments(name string, job *structs.Job) {
	for d := range j.snap.Deployments(job.ID) {
		if d.Status != structs.DeploymentInactive && (d.Status != structs.DeploymentPrimary || d.Rollout != structs.RolloutCompleted) {
			j.say("%s has deployment %s, %s and %s", name, d.ID, d.Status, d.Rollout)
		}
	}
}
