package hosts

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/hosts"
)

// serviceTasks is the number of tasks of a test's service, one on each host.
const serviceTasks = 3

// service makes a service and waits until it runs. The service is deleted at the end of the test.
func (w *harness) service(t *testing.T, name string) {
	t.Helper()
	w.register(t, name, "sleep")
	w.await(t, "a service is made", func() error {
		return w.Ask(w.ctx, func(ctx context.Context, c *ecs.Client) error {
			_, err := c.CreateService(ctx, &ecs.CreateServiceInput{
				ServiceName: aws.String(name), TaskDefinition: aws.String(name), DesiredCount: aws.Int32(serviceTasks),
			})
			return err
		})
	})
	w.awaitService(t, name, w.Agents...)
	t.Cleanup(func() {
		err := w.Ask(context.WithoutCancel(w.ctx), func(ctx context.Context, c *ecs.Client) error {
			_, err := c.DeleteService(ctx, &ecs.DeleteServiceInput{Service: aws.String(name), Force: aws.Bool(true)})
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// awaitService waits until as many tasks of a service run as are wanted, each in one container on
// one of the hosts, and those hosts run no other container of it.
func (w *harness) awaitService(t *testing.T, name string, on ...*hosts.Agent) {
	t.Helper()
	w.await(t, "service "+name+" runs", func() error {
		running, err := w.Running(w.ctx, name)
		if err != nil || len(running) != serviceTasks {
			return errors.Join(err, fmt.Errorf("%d tasks are RUNNING", len(running)))
		}
		there, err := hosts.Containers(name, on...)
		if err != nil {
			return err
		}
		ids := slices.Sorted(maps.Keys(running))
		if !slices.Equal(ids, slices.Sorted(slices.Values(there))) {
			return fmt.Errorf("the tasks %v are RUNNING, and there are containers of %v", ids, there)
		}
		return nil
	})
}

// longestHold is the longest time for which an instance that was lost again and again gets no
// tasks.
const longestHold = 5 * time.Minute

// awaitSpread waits until the service has a task on each host again. The tasks that replace others
// must first have run for a moment, and a host that was lost again and again is held back.
func (w *harness) awaitSpread(t *testing.T, name string) {
	t.Helper()
	w.awaitFor(t, longestHold+patience, "the service is spread again", func() error { return w.Spread(name) })
}

func (w *harness) tasks(t *testing.T) (tasks []*structs.Task) {
	t.Helper()
	w.await(t, "the tasks are listed", func() (err error) {
		tasks, err = w.Tasks(w.ctx)
		return err
	})
	return tasks
}

// others returns the other agents.
func (w *harness) others(but *hosts.Agent) []*hosts.Agent {
	return slices.DeleteFunc(slices.Clone(w.Agents), func(a *hosts.Agent) bool { return a == but })
}
