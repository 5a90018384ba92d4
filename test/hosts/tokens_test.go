package hosts

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/testutil"
)

// tokenPause is the pause between two jobs. Each starts a container, on a machine that has more to
// do.
const tokenPause = 700 * time.Millisecond

// tokens is a user who runs one task after another, and repeats each call with the same token until
// there is an answer.
type tokens struct {
	harness *harness
	run     string // of all tokens of this user
	stop    context.CancelFunc
	work    sync.WaitGroup

	asked int
	told  map[string]string // token → id of the task; empty: that there is no room
}

func runTokens(t *testing.T, w *harness) *tokens {
	t.Helper()
	w.register(t, "once", "exit", "0")
	ctx, stop := context.WithCancel(w.ctx)
	u := &tokens{harness: w, run: fmt.Sprintf("t%d", time.Now().UnixNano()), stop: stop, told: map[string]string{}}
	var doors []*ecs.Client
	for _, s := range w.Servers {
		doors = append(doors, s.ECS())
	}
	u.work.Go(func() { u.ask(ctx, doors) })
	return u
}

func (u *tokens) ask(ctx context.Context, doors []*ecs.Client) {
	for try := 0; ctx.Err() == nil; u.asked++ {
		token := fmt.Sprintf("%s-%d", u.run, u.asked)
		for ctx.Err() == nil {
			try++
			out, err := doors[try%len(doors)].RunTask(ctx, &ecs.RunTaskInput{
				TaskDefinition: aws.String("once"), ClientToken: aws.String(token), StartedBy: aws.String(token),
			})
			if err != nil {
				pause(20 * time.Millisecond)
				continue
			}
			u.told[token] = ""
			if len(out.Tasks) > 0 {
				arn := aws.ToString(out.Tasks[0].TaskArn)
				u.told[token] = arn[strings.LastIndex(arn, "/")+1:]
			}
			break
		}
		pause(tokenPause)
	}
}

// finish checks that each token was carried out as its user was told, and none twice.
func (u *tokens) finish(t *testing.T) {
	t.Helper()
	u.stop()
	u.work.Wait()
	found := map[string][]string{}
	for _, task := range u.harness.tasks(t) {
		if strings.HasPrefix(task.StartedBy, u.run) {
			found[task.StartedBy] = append(found[task.StartedBy], task.ID)
		}
	}
	placed := 0
	for n := range u.asked + 1 {
		token := fmt.Sprintf("%s-%d", u.run, n)
		id, answered := u.told[token]
		tasks := found[token]
		if id != "" {
			placed++
		}
		if len(tasks) > 1 || answered && id != "" && (len(tasks) != 1 || tasks[0] != id) || answered && id == "" && len(tasks) > 0 {
			t.Errorf("RunTask with token %s was told %q (answered: %v), and there are the tasks %v", token, id, answered, tasks)
		}
	}
	t.Logf("%d jobs were asked for, %d were answered, %d of them with a task", u.asked, len(u.told), placed)
	if placed == 0 {
		t.Error("not one task was run")
	}
}

// register makes a definition of one small container of the test image.
func (w *harness) register(t *testing.T, family string, command ...string) {
	t.Helper()
	w.await(t, "a definition is registered", func() error {
		return w.Ask(w.ctx, func(ctx context.Context, c *ecs.Client) error {
			_, err := c.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
				Family: aws.String(family),
				ContainerDefinitions: []types.ContainerDefinition{{
					Name: aws.String("app"), Image: aws.String(testutil.AppImage), Command: command, Cpu: 1, Memory: aws.Int32(16),
				}},
			})
			return err
		})
	})
}
