package e2e

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestKilledAndAdopted: after kill -9 and a start on the same directory, running tasks go on
// untouched, and those that ended meanwhile are reported with their exit codes.
func TestKilledAndAdopted(t *testing.T) {
	dir := t.TempDir()
	d := startDev(t, "--data-dir", dir)
	instance := d.instance()
	removeAtEnd(t, instance)
	web := app("web", "serve")
	web.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80)}}
	family := d.family(web)
	stays, ends := d.run(family), d.run(family)
	before := d.await(stays, "RUNNING")
	port := hostPort(t, container(t, d.await(ends, "RUNNING"), "web"), 80)
	d.kill()

	exitBy(t, port, 5)
	d = startDev(t, "--data-dir", dir)
	ended := d.await(ends, "STOPPED")
	if code := ended.Containers[0].ExitCode; aws.ToInt32(code) != 5 {
		t.Errorf("the container that ended meanwhile has exit code %v, want 5", code)
	}
	after := d.describe(stays)
	if aws.ToString(after.LastStatus) != "RUNNING" || aws.ToString(after.Containers[0].RuntimeId) != aws.ToString(before.Containers[0].RuntimeId) {
		t.Errorf("the running task is %s in container %s, was in %s", aws.ToString(after.LastStatus),
			aws.ToString(after.Containers[0].RuntimeId), aws.ToString(before.Containers[0].RuntimeId))
	}
	if !after.StartedAt.Equal(*before.StartedAt) {
		t.Errorf("startedAt moved from %v to %v", before.StartedAt, after.StartedAt)
	}
	get(t, hostPort(t, container(t, after, "web"), 80), "/")
	if got := d.instance(); got != instance {
		t.Errorf("the instance is %s, was %s", got, instance)
	}
	if n := len(containersOf(t, instance)); n != 2 {
		t.Errorf("%d containers, want 2", n)
	}
	d.stopTask(stays)
}

// TestKilledAtAnyMoment kills gantry dev while RunTask calls are under way, again and again. No
// acknowledged task is lost, none is doubled by its client token, and in the end each running task
// has exactly one container.
func TestKilledAtAnyMoment(t *testing.T) {
	dir := t.TempDir()
	d := startDev(t, "--data-dir", dir)
	instance := d.instance()
	removeAtEnd(t, instance)
	family := d.family(app("main", "sleep"))
	acknowledged := map[string]string{} // client token → task
	for round := range 5 {
		runUntilKilled(t, d, family, round, acknowledged)
		d = startDev(t, "--data-dir", dir)
	}
	if len(acknowledged) == 0 {
		t.Fatal("no RunTask was acknowledged between the kills: nothing was tested")
	}
	for token, arn := range acknowledged {
		out, err := d.ecs.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String(family), ClientToken: aws.String(token)})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Tasks) != 1 || aws.ToString(out.Tasks[0].TaskArn) != arn {
			t.Errorf("token %s gave %s, now %+v", token, arn, out.Tasks)
		}
	}
	awaitOneContainerPerTask(t, d, instance)
}

// runUntilKilled calls RunTask from four callers and kills the process after a random while.
func runUntilKilled(t *testing.T, d *dev, family string, round int, acknowledged map[string]string) {
	t.Helper()
	var mu sync.Mutex
	var callers sync.WaitGroup
	for caller := range 4 {
		callers.Go(func() {
			for n := 0; ; n++ {
				token := fmt.Sprintf("round-%d-caller-%d-%d", round, caller, n)
				out, err := d.ecs.RunTask(t.Context(),
					&ecs.RunTaskInput{TaskDefinition: aws.String(family), ClientToken: aws.String(token)},
					func(o *ecs.Options) { o.RetryMaxAttempts = 1 })
				if err != nil {
					return // killed
				}
				if len(out.Tasks) == 1 {
					mu.Lock()
					acknowledged[token] = aws.ToString(out.Tasks[0].TaskArn)
					mu.Unlock()
				}
				if n == 4 {
					return
				}
			}
		})
	}
	time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond)
	d.kill()
	callers.Wait()
}

func awaitOneContainerPerTask(t *testing.T, d *dev, instance string) {
	t.Helper()
	var want, got []string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		want, got = nil, nil
		running := true
		pages := ecs.NewListTasksPaginator(d.ecs, &ecs.ListTasksInput{})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(page.TaskArns) == 0 {
				break
			}
			out, err := d.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Tasks: page.TaskArns})
			if err != nil {
				t.Fatal(err)
			}
			for _, task := range out.Tasks {
				arn := aws.ToString(task.TaskArn)
				want = append(want, arn[strings.LastIndex(arn, "/")+1:])
				running = running && aws.ToString(task.LastStatus) == "RUNNING"
			}
		}
		got = strings.Fields(docker(t, "ps", "-a", "--filter", "label=gantry.instance="+instance, "--format", `{{.Label "gantry.task"}}`))
		slices.Sort(want)
		slices.Sort(got)
		if running && slices.Equal(want, got) {
			return
		}
	}
	t.Fatalf("tasks with the desired status RUNNING and containers differ:\ntasks      %v\ncontainers %v", want, got)
}

// TestShareAnEngine: two agents on one engine touch only their own containers.
func TestShareAnEngine(t *testing.T) {
	one, two := startDev(t), startDev(t)
	first, second := one.run(one.family(app("main", "sleep"))), two.run(two.family(app("main", "sleep")))
	one.await(first, "RUNNING")
	two.await(second, "RUNNING")
	gone, left := one.instance(), two.instance()
	one.stop()
	if ids := containersOf(t, gone); len(ids) > 0 {
		t.Errorf("the first left containers: %v", ids)
	}
	if ids := containersOf(t, left); len(ids) != 1 {
		t.Errorf("the second has containers %v, want its one", ids)
	}
	if status := aws.ToString(two.describe(second).LastStatus); status != "RUNNING" {
		t.Errorf("the second's task is %s", status)
	}
}

// TestHealth: "alive" and "ready" are different answers, over plain HTTP.
func TestHealth(t *testing.T) {
	d := startDev(t)
	for _, path := range []string{"/v1/health", "/v1/ready"} {
		resp, err := http.Get(d.address + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s answers %d: %s", path, resp.StatusCode, body)
		}
	}
}

// removeAtEnd removes an instance's containers once everything that could create more has ended.
func removeAtEnd(t *testing.T, instance string) {
	t.Cleanup(func() {
		if ids := containersOf(t, instance); len(ids) > 0 {
			docker(t, append([]string{"rm", "-f"}, ids...)...)
		}
	})
}
