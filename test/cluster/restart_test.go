package cluster

import (
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/structs"
)

func TestMainJob(t *testing.T) {
	inHarness(t, func(t *testing.T, w *harness) {
		ids := w.run(2)
		in := &sdk.DescribeTasksInput{Tasks: ids}
		w.noError(sdk.NewTasksRunningWaiter(w.ecs).Wait(t.Context(), in, time.Minute))
		w.expectRunningOnce(ids...)
		_, err := w.ecs.StopTask(t.Context(), &sdk.StopTaskInput{Task: &ids[0], Reason: aws.String("enough")})
		w.noError(err)
		in.Tasks = ids[:1]
		w.noError(sdk.NewTasksStoppedWaiter(w.ecs).Wait(t.Context(), in, time.Minute))
		task := w.describe(ids[0])[0]
		if task.StopCode != types.TaskStopCodeUserInitiated || *task.StoppedReason != "enough" || *task.Containers[0].ExitCode != 143 {
			t.Errorf("the task stopped with %s, %q, exit code %d", task.StopCode, *task.StoppedReason, *task.Containers[0].ExitCode)
		}
		w.expectRunningOnce(ids[1])
	})
}

// The server ends, cleanly or not, while tasks run, and comes back soon or late. The agent connects
// to it again, and nothing is started a second time.
func TestServerRestart(t *testing.T) {
	for name, end := range map[string]func(*harness){
		"stopped": func(w *harness) { w.StopServer() },
		"crashed": func(w *harness) { w.CrashServer() },
	} {
		for away, pause := range map[string]time.Duration{"for a moment": 0, "for an hour": time.Hour} {
			t.Run(name+" "+away, func(t *testing.T) {
				inHarness(t, func(t *testing.T, w *harness) {
					ids := w.run(5)
					w.await(structs.TaskRunning, ids...)
					end(w)
					time.Sleep(pause)
					w.Engine.Exit(w.containerOf(ids[0]), 3) // nobody to tell
					w.StartServer()
					w.await(structs.TaskStopped, ids[0])
					w.settle()
					w.expectRunningOnce(ids[1:]...)
					more := w.run(2) // the agent takes work again
					w.await(structs.TaskRunning, more...)
				})
			})
		}
	}
}

// An agent ends, and the next one takes its containers over.
func TestAgentRestart(t *testing.T) {
	inHarness(t, func(t *testing.T, w *harness) {
		ids := w.run(6)
		w.await(structs.TaskRunning, ids...)
		w.StopAgent("host")
		w.Engine.Exit(w.containerOf(ids[0]), 0)
		w.Engine.Exit(w.containerOf(ids[1]), 7)
		w.Engine.KillForMemory(w.containerOf(ids[2]))
		w.Engine.RemoveContainer(w.containerOf(ids[3]))
		_, err := w.ecs.StopTask(t.Context(), &sdk.StopTaskInput{Task: &ids[4]})
		w.noError(err)
		w.StartAgent("host")
		w.await(structs.TaskStopped, ids[:5]...)
		w.settle()
		w.expectRunningOnce(ids[5])

		for n, want := range []int32{0, 7, 137} {
			if got := w.describe(ids[n])[0].Containers[0].ExitCode; got == nil || *got != want {
				t.Errorf("container %d ended with %v, not %d", n, got, want)
			}
		}
		if got := w.describe(ids[3])[0].Containers[0]; got.ExitCode != nil {
			t.Errorf("the exit code of a container that is gone is %d", *got.ExitCode)
		}
		for n, want := range []types.TaskStopCode{
			types.TaskStopCodeEssentialContainerExited, types.TaskStopCodeEssentialContainerExited,
			types.TaskStopCodeEssentialContainerExited, types.TaskStopCodeEssentialContainerExited, types.TaskStopCodeUserInitiated,
		} {
			if got := w.describe(ids[n])[0].StopCode; got != want {
				t.Errorf("task %d stopped with %s, not %s", n, got, want)
			}
		}
	})
}

// Work that is placed while the agent is away waits for it.
func TestAgentIsAwayWhenWorkComes(t *testing.T) {
	inHarness(t, func(t *testing.T, w *harness) {
		w.StopAgent("host")
		w.Eventually("the instance is disconnected", func() bool {
			snap, err := w.Control().Read(t.Context())
			w.noError(err)
			for i := range snap.AllInstances() {
				return !i.AgentConnected
			}
			return false
		})
		out, err := w.ecs.RunTask(t.Context(), &sdk.RunTaskInput{TaskDefinition: aws.String("web")})
		w.noError(err)
		if len(out.Failures) != 1 || *out.Failures[0].Reason != structs.FailAgent {
			t.Errorf("without an agent, RunTask gives %v, failures %v", out.Tasks, out.Failures)
		}
		w.StartAgent("host")
		w.Eventually("the agent is ready", w.Agent("host").Ready)
		w.await(structs.TaskRunning, w.run(1)...)
	})
}

// A server comes back without its data. Agents join it by themselves, end the tasks that it does
// not know, and take its work.
func TestServerLosesItsData(t *testing.T) {
	inHarness(t, func(t *testing.T, w *harness) {
		w.await(structs.TaskRunning, w.run(3)...)
		w.StopServer()
		w.noError(os.RemoveAll(w.Dir))
		w.StartServer()
		w.registerWeb()
		w.Eventually("the agent has joined again", func() bool {
			snap, err := w.Control().Read(t.Context())
			w.noError(err)
			for i := range snap.AllInstances() {
				return i.AgentConnected
			}
			return false
		})
		ids := w.run(2)
		w.await(structs.TaskRunning, ids...)
		w.settle()
		w.expectRunningOnce(ids...)
	})
}
