package task

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/runtime/fake"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// drained runs a task of one container that is a target, on an engine of its own, under fake time.
type drained struct {
	*testing.T
	engine   *fake.Engine
	task     structs.Task
	runner   *Runner
	reported []structs.TaskStatus
	ended    chan struct{}
	cancel   func()
}

func targetTask(t *testing.T, test func(d *drained)) {
	t.Helper()
	faketime.Test(t, func(t *testing.T) {
		d := &drained{T: t, engine: fake.New(fake.Config{}), task: structs.Task{ID: "t1", LastStatus: structs.TaskProvisioning}}
		d.begin(nil)
		test(d)
		d.runner.EndDrain()
		d.runner.Stop()
		<-d.ended
		d.cancel()
	})
}

// begin runs the task in a new process of the agent, which finds containers.
func (d *drained) begin(found []runtime.ContainerState) {
	def := &structs.TaskDefinition{Family: "web", Revision: 1, ContainerDefinitions: []structs.ContainerDefinition{{Name: "app", Image: "app"}}}
	d.runner = New(Config{
		Instance: "i1", Engine: d.engine.Runtime("i1"), Images: noImages{}, Slots: make(chan struct{}, 1),
		Report: func(u structs.TaskUpdate) {
			d.reported = append(d.reported, u.Status)
			d.task.LastStatus, d.task.Containers = u.Status, u.Containers
		},
		Now:    func() structs.Time { return structs.TimeOf(time.Now()) },
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}, structs.Assignment{Task: new(d.task), Definition: def, DrainSeconds: 30}, found, false)
	d.ended = make(chan struct{})
	var ctx context.Context
	ctx, d.cancel = context.WithCancel(context.Background())
	go func(r *Runner, ended chan struct{}) {
		defer close(ended)
		r.Run(ctx)
	}(d.runner, d.ended)
	synctest.Wait()
}

// assign tells the runner what the servers know of the task: it is a target, and perhaps asked to
// stop, and drained.
func (d *drained) assign(stop bool, at structs.Time) {
	d.task.Targets, d.task.DrainedAt = []structs.TaskTarget{{TargetGroup: "g", Port: 32768}}, at
	d.runner.Assign(structs.Assignment{Task: new(d.task), DrainSeconds: 30})
	if stop {
		d.runner.Stop()
	}
	synctest.Wait()
}

func (d *drained) expect(status structs.TaskStatus, container string) {
	d.Helper()
	all := d.engine.All()
	if d.task.LastStatus != status || len(all) != 1 || all[0].State != container {
		d.Fatalf("the task is %s and its container %s; want %s and %s (%v)", d.task.LastStatus, all[0].State, status, container, d.reported)
	}
}

func TestATaskIsDeactivatingUntilItsRequestsHaveEnded(t *testing.T) {
	targetTask(t, func(d *drained) {
		d.assign(false, 0)
		d.expect(structs.TaskRunning, runtime.ContainerRunning)
		d.assign(true, 0)
		time.Sleep(29 * time.Second)
		synctest.Wait()
		d.expect(structs.TaskDeactivating, runtime.ContainerRunning)
		d.assign(true, 1)
		<-d.ended
		d.expect(structs.TaskStopped, runtime.ContainerExited)
		if !slices.IsSorted(d.reported) || !slices.Contains(d.reported, structs.TaskStopping) {
			d.Errorf("reported %v", d.reported)
		}
	})
}

func TestATaskDoesNotWaitForRequestsForEver(t *testing.T) {
	targetTask(t, func(d *drained) {
		begun := time.Now()
		d.assign(true, 0)
		<-d.ended
		d.expect(structs.TaskStopped, runtime.ContainerExited)
		if took := time.Since(begun); took != 40*time.Second {
			d.Errorf("it waited for %s without a word of a server", took)
		}
	})
}

func TestATaskThatIsNoTargetDoesNotWait(t *testing.T) {
	targetTask(t, func(d *drained) {
		begun := time.Now()
		d.runner.Stop()
		<-d.ended
		if took := time.Since(begun); took != 0 {
			d.Errorf("it waited for %s", took)
		}
	})
}

func TestATaskThatEndsByItselfDoesNotWait(t *testing.T) {
	for _, first := range []string{"asked to stop", "ended"} {
		targetTask(t, func(d *drained) {
			d.assign(first == "asked to stop", 0)
			begun := time.Now()
			for _, c := range d.engine.All() {
				d.engine.Exit(c.ID, 3)
				d.runner.Poke(runtime.Event{ID: c.ID, Ended: true, ExitCode: 3, At: structs.TimeOf(time.Now()) + 1})
			}
			<-d.ended
			d.expect(structs.TaskStopped, runtime.ContainerExited)
			if took := time.Since(begun); took > time.Second {
				d.Errorf("first %s: it waited for %s", first, took)
			}
		})
	}
}

func TestATaskOfAnAgentThatIsCutOffDoesNotWait(t *testing.T) {
	for _, asked := range []bool{false, true} {
		targetTask(t, func(d *drained) {
			d.assign(asked, 0)
			begun := time.Now()
			d.runner.Fence()
			<-d.ended
			if took := time.Since(begun); took != 0 {
				d.Errorf("asked to stop before: %v, and it waited for %s", asked, took)
			}
		})
	}
}

// The agent is killed at each step of a stop, and its next process goes on from there.
func TestAnAdoptedTaskWaitsAsBefore(t *testing.T) {
	for _, c := range []struct {
		name    string
		asked   bool // before the agent was killed
		drained structs.Time
		status  structs.TaskStatus // as the server has it
		waits   bool
	}{
		{"running, and asked to stop meanwhile", false, 0, structs.TaskRunning, true},
		{"waiting", true, 0, structs.TaskDeactivating, true},
		{"drained meanwhile", true, 1, structs.TaskDeactivating, false},
		{"being stopped", true, 0, structs.TaskStopping, false},
	} {
		targetTask(t, func(d *drained) {
			d.assign(c.asked, 0)
			d.cancel()
			<-d.ended
			d.task.DrainedAt, d.task.LastStatus = c.drained, max(d.task.LastStatus, c.status)
			found, err := d.engine.Runtime("i1").ListContainers(d.Context())
			if err != nil {
				d.Fatal(err)
			}
			d.begin(found)
			d.runner.Stop()
			synctest.Wait()
			if !c.waits {
				<-d.ended
				d.expect(structs.TaskStopped, runtime.ContainerExited)
				return
			}
			d.expect(structs.TaskDeactivating, runtime.ContainerRunning)
			d.assign(true, 2)
			<-d.ended
			d.expect(structs.TaskStopped, runtime.ContainerExited)
		})
	}
}
