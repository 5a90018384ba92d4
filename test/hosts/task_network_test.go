package hosts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/hosts"
)

// TestTaskNetwork runs awsvpc tasks on two hosts whose firewalls forward nothing by themselves, as
// an engine leaves them that has switched forwarding on.
func TestTaskNetwork(t *testing.T) {
	w := startCluster(t, hosts.ClusterConfig{Servers: 1, Agents: 2})
	for _, a := range w.Agents {
		if _, err := a.Run("iptables", "-w", "-P", "FORWARD", "DROP"); err != nil {
			t.Fatal(err)
		}
	}
	w.registerAwsvpc(t, "web")
	var all []reached
	for i, a := range w.Agents {
		all = append(all, w.runOn(t, "web", a, 1+i)...)
	}
	t.Run("tasks, hosts and the outside", func(t *testing.T) { testReach(t, w, all) })
	t.Run("the agent is killed", func(t *testing.T) { testAgentKilled(t, w, all) })
	t.Run("a pause dies", func(t *testing.T) { testPauseDies(t, w, all[0]) })
	t.Run("a hundred tasks with one port", func(t *testing.T) {
		for _, r := range w.runOn(t, "web", w.Agents[0], 100) {
			if got, err := r.on.Run(ask(r.task.Address, 80)...); err != nil || !strings.Contains(got, "Hello") {
				t.Errorf("task %s answers %q, %v", r.task.Address, got, err)
			}
		}
	})
	w.checkLogs(t)
}

// reached is a task on its host.
type reached struct {
	on   *hosts.Agent
	task *structs.Task
}

// inside runs a command in the network namespace of the task.
func (r reached) inside(command ...string) (string, error) {
	pid, err := r.on.Docker("inspect", "--format", "{{.State.Pid}}", "gantry-pause-"+r.task.ID)
	if err != nil {
		return "", err
	}
	return r.on.Run(append([]string{"nsenter", "--net=/proc/" + pid + "/ns/net"}, command...)...)
}

// ask returns a command that gets a page, or as much of an answer as there is.
func ask(address string, port int) []string {
	return []string{"timeout", "5", "bash", "-c", fmt.Sprintf(
		`exec 3<>/dev/tcp/%s/%d && printf 'GET / HTTP/1.0\r\n\r\n' >&3 && timeout 2 cat <&3 || true`, address, port)}
}

func testReach(t *testing.T, w *harness, all []reached) {
	for _, to := range all {
		for _, from := range all {
			w.await(t, fmt.Sprintf("task %s reaches task %s", from.task.Address, to.task.Address), answers(from.inside, to.task.Address))
		}
		for _, a := range w.Agents {
			w.await(t, fmt.Sprintf("host %s reaches task %s", a.Host.Name, to.task.Address), answers(a.Run, to.task.Address))
		}
		// the server takes connections on its host's address only
		out, err := to.inside("timeout", "5", "bash", "-c", "exec 3<>/dev/tcp/"+w.Servers[0].Address+"/5747")
		if err != nil {
			t.Errorf("a task does not reach the outside: %v %s", err, out)
		}
	}
}

func answers(run func(...string) (string, error), address string) func() error {
	return func() error {
		got, err := run(ask(address, 80)...)
		if err == nil && !strings.Contains(got, "Hello") {
			err = fmt.Errorf("the answer is %q", got)
		}
		return err
	}
}

// testAgentKilled checks that the network works without the agents, and that they take it over.
func testAgentKilled(t *testing.T, w *harness, all []reached) {
	for _, a := range w.Agents {
		a.Kill()
	}
	if err := answers(all[0].inside, all[len(all)-1].task.Address)(); err != nil {
		t.Errorf("without agents: %v", err)
	}
	for _, a := range w.Agents {
		if err := a.Start(); err != nil {
			t.Fatal(err)
		}
	}
	w.await(t, "the cluster is whole", func() error { return w.Whole(w.ctx) })
	testReach(t, w, all)
	for _, r := range all {
		if is := w.task(t, r.task.ID); is.LastStatus != structs.TaskRunning {
			t.Errorf("the task is %s: %s", is.LastStatus, is.StoppedReason)
		}
	}
}

// testPauseDies checks that a task ends, with a reason, when the container that holds its network
// does, and that nothing of it is left.
func testPauseDies(t *testing.T, w *harness, r reached) {
	if _, err := r.on.Docker("kill", "gantry-pause-"+r.task.ID); err != nil {
		t.Fatal(err)
	}
	w.await(t, "the task ends", func() error {
		if is := w.task(t, r.task.ID); is.LastStatus != structs.TaskStopped || !strings.Contains(is.StoppedReason, "lost its network") {
			return fmt.Errorf("it is %s: %q", is.LastStatus, is.StoppedReason)
		}
		return nil
	})
	w.await(t, "its address does not answer", func() error {
		if answers(r.on.Run, r.task.Address)() == nil {
			return errors.New("it answers")
		}
		return nil
	})
}

func (w *harness) task(t *testing.T, id string) *structs.Task {
	t.Helper()
	for _, task := range w.tasks(t) {
		if task.ID == id {
			return task
		}
	}
	t.Fatalf("there is no task %s", id)
	return nil
}

func (w *harness) registerAwsvpc(t *testing.T, family string) {
	t.Helper()
	w.await(t, "a definition is registered", func() error {
		return w.Ask(w.ctx, func(ctx context.Context, c *ecs.Client) error {
			_, err := c.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
				Family: aws.String(family), NetworkMode: types.NetworkModeAwsvpc,
				ContainerDefinitions: []types.ContainerDefinition{{
					Name: aws.String("app"), Image: aws.String("gantry-test/app:latest"), Memory: aws.Int32(16), Command: []string{"serve"},
					PortMappings: []types.PortMapping{{ContainerPort: aws.Int32(80)}},
				}},
			})
			return err
		})
	})
}

// runOn runs tasks on a host and waits until they are RUNNING.
func (w *harness) runOn(t *testing.T, family string, on *hosts.Agent, count int) (list []reached) {
	t.Helper()
	ids := map[string]bool{}
	for count > 0 {
		some := min(count, 10) // as many as one call may ask for
		count -= some
		w.await(t, "tasks are placed", func() error {
			return w.Ask(w.ctx, func(ctx context.Context, c *ecs.Client) error {
				in := &ecs.RunTaskInput{
					TaskDefinition: aws.String(family), Count: aws.Int32(int32(some)),
					NetworkConfiguration: &types.NetworkConfiguration{
						AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-1"}, SecurityGroups: []string{"sg-1"}},
					},
					PlacementConstraints: []types.PlacementConstraint{{
						Type: types.PlacementConstraintTypeMemberOf, Expression: aws.String("attribute:ecs.availability-zone == " + on.Zone),
					}},
				}
				out, err := c.RunTask(ctx, in)
				if err != nil && strings.Contains(err.Error(), "does not support networkConfiguration") {
					in.NetworkConfiguration = nil // there is one network anyway
					out, err = c.RunTask(ctx, in)
				}
				if err != nil {
					return err
				}
				for _, task := range out.Tasks {
					arn := aws.ToString(task.TaskArn)
					ids[arn[strings.LastIndex(arn, "/")+1:]] = true
				}
				if some -= len(out.Tasks); some > 0 {
					return fmt.Errorf("%d tasks found no place: %s", some, aws.ToString(out.Failures[0].Reason))
				}
				return nil
			})
		})
	}
	w.await(t, "tasks run on "+on.Host.Name, func() error {
		list = nil
		for _, task := range w.tasks(t) {
			if ids[task.ID] && task.LastStatus == structs.TaskRunning {
				list = append(list, reached{on, task})
			} else if ids[task.ID] && task.LastStatus == structs.TaskStopped {
				t.Fatalf("a task ended: %s", task.StoppedReason)
			}
		}
		if len(list) != len(ids) {
			return fmt.Errorf("%d of %d are RUNNING", len(list), len(ids))
		}
		return nil
	})
	return list
}
