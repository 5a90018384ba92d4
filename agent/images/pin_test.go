package images

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/faketime"
)

func service(containers ...string) Want {
	return Want{Image: app, Deployment: "ecs-svc/1", Containers: containers}
}

// However many tasks of a deployment start here, the tag is looked up once and proposed once, and
// all run the digest that the servers say, also after the tag has moved.
func TestTasksOfADeploymentRunOneDigest(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		e, s := newEngine(), &servers{}
		e.registry[app] = digest("a")
		i := start(t, Config{}, e, s)
		var tasks sync.WaitGroup
		for range 5 {
			tasks.Go(func() {
				if got := mustPull(t, i, service("web", "side")); got != digest("a") {
					t.Errorf("got %s", got)
				}
			})
		}
		tasks.Wait()
		e.registry[app] = digest("b")
		if got := mustPull(t, i, service("web", "side")); got != digest("a") {
			t.Errorf("after the tag moved: got %s", got)
		}
		want := []structs.PinnedImage{{Container: "web", Digest: digest("a")}, {Container: "side", Digest: digest("a")}}
		if e.asks != 1 || s.calls != 1 || !slices.Equal(s.pins, want) {
			t.Errorf("%d questions, %d proposals, pinned %v", e.asks, s.calls, s.pins)
		}
		if len(e.pulls) != 1 || e.pulls[0] != "registry.test/app@"+digest("a") {
			t.Errorf("pulled %v", e.pulls)
		}
		if _, ok, _ := e.InspectImage(t.Context(), app); !ok {
			t.Error("the tag is not there for tasks that start without the registry")
		}
		next := service("web")
		next.Deployment, s.pins = "ecs-svc/2", nil
		if got := mustPull(t, i, next); got != digest("b") {
			t.Errorf("the next deployment runs %s", got)
		}
	})
}

// The first proposal holds, whoever made it.
func TestAnotherAgentWasFirst(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		e, s := newEngine(), &servers{pins: []structs.PinnedImage{{Container: "web", Digest: digest("a")}}}
		e.registry[app] = digest("b")
		if got := mustPull(t, start(t, Config{}, e, s), service("web")); got != digest("a") {
			t.Errorf("got %s", got)
		}
		if !slices.Equal(e.pulls, []string{"registry.test/app@" + digest("a")}) {
			t.Errorf("pulled %v", e.pulls)
		}
	})
}

// Which images are not pinned, and what that costs.
func TestNotPinned(t *testing.T) {
	for name, test := range map[string]struct {
		want        Want
		built       bool
		refuse      error
		asks, calls int
	}{
		"a task of RunTask":      {Want{Image: app}, false, nil, 0, 0},
		"built here":             {service("web"), true, nil, 0, 0},
		"the deployment is gone": {service("web"), false, errors.New("gone"), 1, 1},
		"by digest":              {Want{Image: "registry.test/app@" + digest("a"), Deployment: "d", Containers: []string{"web"}}, false, nil, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			faketime.Test(t, func(t *testing.T) {
				e, s := newEngine(), &servers{refuse: test.refuse}
				e.registry[app] = digest("a")
				if test.built {
					e.put(app, "")
				}
				if got := mustPull(t, start(t, Config{}, e, s), test.want); got != "" || e.asks != test.asks || s.calls != test.calls {
					t.Errorf("pinned to %q with %d questions and %d proposals", got, e.asks, s.calls)
				}
			})
		})
	}
}

// While no server can be reached nothing starts: it might be another digest than the one that
// another agent has proposed. A task that is asked to stop does not wait.
func TestUnreachableServersAreWaitedFor(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		e, s := newEngine(), &servers{wait: make(chan struct{})}
		e.registry[app] = digest("a")
		i := start(t, Config{}, e, s)
		stopping, stop := context.WithCancel(t.Context())
		stopped, got := make(chan error, 1), make(chan string, 1)
		go func() {
			_, err := i.Pull(stopping, service("web"))
			stopped <- err
		}()
		synctest.Wait()
		go func() { got <- mustPull(t, i, service("web")) }()
		time.Sleep(time.Hour)
		if len(e.pulled()) > 0 {
			t.Fatal("it did not wait")
		}
		stop()
		if err := <-stopped; !errors.Is(err, context.Canceled) {
			t.Errorf("the task that was stopped got %v", err)
		}
		s.mu.Lock()
		s.pins = []structs.PinnedImage{{Container: "web", Digest: digest("b")}}
		s.mu.Unlock()
		close(s.wait)
		if digestB := <-got; digestB != digest("b") {
			t.Errorf("got %s", digestB)
		}
	})
}
