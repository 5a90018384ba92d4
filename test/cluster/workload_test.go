package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/client"
)

// workload is a user who asks the cluster for things, each until it is answered, and records the
// answers.
type workload struct {
	*doors
	random   *rand.Rand
	calls    int
	runs     map[string]run    // by client token
	batches  map[string]*batch // by job id
	services map[string]*service
}

// doors are a user's clients.
type doors struct {
	t      *testing.T
	ecs    *sdk.Client
	native *client.Client
}

// batch is a batch job with attempts that the user was told of.
type batch struct {
	image       string
	count       int
	parallelism int
}

// run is a call of RunTask that was answered.
type run struct {
	family  string
	count   int
	tasks   []string
	stopped map[string]bool // tasks that the user then stopped
}

// service is a service that the user was told of, as the user last asked for it.
type service struct {
	count      int
	definition string
	deleted    bool
}

func newWorkload(d *doors, random *rand.Rand) *workload {
	return &workload{doors: d, random: random, runs: map[string]run{}, batches: map[string]*batch{}, services: map[string]*service{}}
}

// prepare registers web:1 and web:2, which run until they are stopped, and once:1 and failing:1,
// which end by themselves.
func (u *workload) prepare() {
	for _, family := range []string{"web", "web", "once", "failing"} {
		u.insist(func(ctx context.Context) error {
			_, err := u.ecs.RegisterTaskDefinition(ctx, &sdk.RegisterTaskDefinitionInput{
				Family:               &family,
				ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("app"), Image: &family, Memory: aws.Int32(16)}},
			})
			return err
		})
	}
}

// work asks for a dozen things.
func (u *workload) work() {
	acts := []func(){u.runWeb, u.runWeb, u.runOnce, u.runBatch, u.runBatch, u.stopTask, u.createService, u.scaleService, u.deployService, u.deleteService}
	u.createService()
	for range 12 {
		acts[u.random.IntN(len(acts))]()
		time.Sleep(time.Duration(u.random.IntN(800)) * time.Millisecond)
	}
}

// insist repeats a call until it succeeds: any other answer leaves the outcome open.
func (d *doors) insist(call func(context.Context) error) {
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
		err := call(ctx)
		cancel()
		if err == nil {
			return
		}
		d.t.Logf("a user's call failed: %v", err)
		if time.Now().After(deadline) {
			d.t.Errorf("a user's call fails for ever: %v", err)
			return
		}
	}
}

// callTimeout is the time that a user waits for an answer.
const callTimeout = 15 * time.Second

func (u *workload) token() string {
	u.calls++
	return fmt.Sprintf("call-%d", u.calls)
}

func (u *workload) runWeb()  { u.runTask("web:1") }
func (u *workload) runOnce() { u.runTask("once:1") }

func (u *workload) runTask(definition string) {
	token, count := u.token(), 1+u.random.IntN(5)
	u.insist(func(ctx context.Context) error {
		out, err := u.ecs.RunTask(ctx, &sdk.RunTaskInput{TaskDefinition: &definition, Count: aws.Int32(int32(count)), ClientToken: &token})
		if err == nil {
			if len(out.Tasks) != count && len(out.Failures) == 0 {
				u.t.Errorf("RunTask tells of %d tasks of %d, and not why", len(out.Tasks), count)
			}
			u.runs[token] = run{family: definition, count: count, tasks: idsOf(out.Tasks), stopped: map[string]bool{}}
		}
		return err
	})
}

// runBatch runs a batch job whose tasks are tried again.
func (u *workload) runBatch() {
	b := &batch{image: []string{"once", "failing"}[u.random.IntN(2)], count: 1 + u.random.IntN(4), parallelism: 1 + u.random.IntN(2)}
	token := u.token()
	file := fmt.Appendf(nil, `{"name": "batch-%s", "type": "batch", "count": %d, "attempts": %d, "parallelism": %d, "networkMode": %q, "containers": [{"name": "app", "image": %q, "memory": 16}]}`,
		token, b.count, attempts, b.parallelism, u.networkMode(), b.image)
	u.insist(func(ctx context.Context) error {
		put, err := u.native.PutJob(ctx, file, token)
		if err == nil {
			u.batches[put.ID] = b
		}
		return err
	})
}

// networkMode returns the network mode of a job: awsvpc for half of them.
func (u *workload) networkMode() string { return []string{"bridge", "awsvpc"}[u.random.IntN(2)] }

// attempts is the number of times that a task of a batch job is tried.
const attempts = 3

// stopTask stops one of the tasks of a run.
func (u *workload) stopTask() {
	for n := u.calls; n > 0; n-- {
		r, ran := u.runs[fmt.Sprintf("call-%d", n)]
		if !ran || r.family != "web:1" || len(r.tasks) == 0 {
			continue
		}
		id := r.tasks[u.random.IntN(len(r.tasks))]
		u.insist(func(ctx context.Context) error {
			_, err := u.ecs.StopTask(ctx, &sdk.StopTaskInput{Task: &id})
			return err
		})
		r.stopped[id] = true
		return
	}
}

func (u *workload) createService() {
	name, count := fmt.Sprintf("service-%d", len(u.services)), 2+u.random.IntN(4)
	if u.networkMode() == "awsvpc" {
		u.putService(name, count)
		return
	}
	u.insist(func(ctx context.Context) error {
		_, err := u.ecs.CreateService(ctx, &sdk.CreateServiceInput{
			ServiceName: &name, TaskDefinition: aws.String("web:1"), DesiredCount: aws.Int32(int32(count)),
			DeploymentConfiguration: &types.DeploymentConfiguration{MinimumHealthyPercent: aws.Int32(50), MaximumPercent: aws.Int32(150)},
		})
		return err
	})
	u.services[name] = &service{count: count, definition: "web:1"}
}

// putService creates a service of awsvpc tasks.
func (u *workload) putService(name string, count int) {
	file := fmt.Appendf(nil, `{"name": %q, "type": "service", "count": %d, "networkMode": "awsvpc", "containers": [{"name": "app", "image": "web", "memory": 16}]}`, name, count)
	u.insist(func(ctx context.Context) error {
		put, err := u.native.PutJob(ctx, file, "")
		if err == nil {
			u.services[name] = &service{count: count, definition: put.TaskDefinition}
		}
		return err
	})
}

// someService returns a service that is not deleted; nil if there is none.
func (u *workload) someService() (string, *service) {
	for n := range len(u.services) {
		name := fmt.Sprintf("service-%d", (n+u.calls)%len(u.services))
		if s := u.services[name]; !s.deleted {
			return name, s
		}
	}
	return "", nil
}

func (u *workload) scaleService() {
	if name, s := u.someService(); s != nil {
		// with these limits, ECS can never replace a single task
		s.count = []int{0, 2, 3, 4, 5}[u.random.IntN(5)]
		u.update(&sdk.UpdateServiceInput{Service: &name, DesiredCount: aws.Int32(int32(s.count))})
	}
}

// deployService changes the definition, or replaces all tasks as they are.
func (u *workload) deployService() {
	if name, s := u.someService(); s != nil {
		s.definition = fmt.Sprintf("web:%d", 1+u.random.IntN(2))
		u.update(&sdk.UpdateServiceInput{Service: &name, TaskDefinition: &s.definition, ForceNewDeployment: u.random.IntN(2) == 0})
	}
}

func (u *workload) update(in *sdk.UpdateServiceInput) {
	u.insist(func(ctx context.Context) error {
		_, err := u.ecs.UpdateService(ctx, in)
		return err
	})
}

func (u *workload) deleteService() {
	name, s := u.someService()
	if s == nil {
		return
	}
	u.insist(func(ctx context.Context) error {
		_, err := u.ecs.DeleteService(ctx, &sdk.DeleteServiceInput{Service: &name, Force: aws.Bool(true)})
		var gone *types.ServiceNotFoundException // an earlier try of which no answer came
		if errors.As(err, &gone) {
			return nil
		}
		return err
	})
	s.deleted = true
}
