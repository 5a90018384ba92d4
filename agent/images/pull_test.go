package images

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/wait"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// What each behavior does with an image that is there or not, whose tag has moved or not, and with
// a registry that answers or not.
func TestBehaviors(t *testing.T) {
	const built = "built" // it is present, and no registry ever had it
	for _, test := range []struct {
		behavior, present, registry string
		pulls, asks                 int
		fails                       bool
	}{
		{Default, "", "a", 1, 0, false},
		{Default, "a", "a", 0, 1, false},
		{Default, "a", "b", 1, 1, false},
		{Default, "a", "down", 0, 1, false},
		{Default, "a", "gone", 0, 1, false},
		{Default, built, "down", 0, 0, false},
		{Default, "", "down", 5, 0, true},
		{Always, "a", "a", 0, 1, false},
		{Always, "a", "b", 1, 1, false},
		{Always, "a", "down", 5, 1, true},
		{Always, built, "gone", 1, 1, true},
		{Once, "a", "b", 1, 1, false},
		{Once, built, "down", 0, 0, false},
		{PreferCached, "a", "b", 0, 0, false},
		{PreferCached, "", "b", 1, 0, false},
	} {
		t.Run(fmt.Sprint(test.behavior, " present ", test.present, " registry ", test.registry), func(t *testing.T) {
			faketime.Test(t, func(t *testing.T) {
				e := newEngine()
				switch test.registry {
				case "down":
					e.down = errAway
				case "gone":
				default:
					e.registry[app] = digest(test.registry)
				}
				switch test.present {
				case "":
				case built:
					e.put(app, "")
				default:
					e.put(app, digest(test.present))
				}
				i := start(t, Config{Behavior: test.behavior}, e, nil)
				held, err := i.Pull(t.Context(), Want{Image: app})
				if failed := err != nil; failed != test.fails || len(e.pulls) != test.pulls || e.asks != test.asks {
					t.Errorf("%d pulls, %d questions, error %v; want %d, %d, an error: %v", len(e.pulls), e.asks, err, test.pulls, test.asks, test.fails)
				}
				if err == nil {
					held.Release()
				}
			})
		})
	}
}

// Once pulls an image that somebody else brought, and then not again, also in the next process.
func TestOnce(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		e := newEngine()
		e.registry[app] = digest("a")
		i := start(t, Config{Behavior: Once}, e, nil)
		mustPull(t, i, Want{Image: app})
		e.registry[app] = digest("b")
		next := New(i.cfg, i.parts)
		mustPull(t, next, Want{Image: app})
		if len(e.pulls) != 1 || e.asks != 0 {
			t.Errorf("pulled %v, asked %d times", e.pulls, e.asks)
		}
	})
}

// An image that is present starts without delay if its registry does not answer: the first task
// waits a moment, the others do not.
func TestPresentImageDoesNotWaitForARegistry(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		e := newEngine()
		e.put(app, digest("a"))
		e.hangs = true
		i := start(t, Config{}, e, nil)
		for n, atMost := range []time.Duration{askTimeout, 0, 0} {
			began := time.Now()
			mustPull(t, i, Want{Image: app})
			if took := time.Since(began); took > atMost {
				t.Errorf("start %d took %s, want %s at most", n, took, atMost)
			}
		}
		time.Sleep(awayFor)
		mustPull(t, i, Want{Image: app})
		if e.asks != 2 {
			t.Errorf("the registry was asked %d times, want again after a while", e.asks)
		}
	})
}

func TestPullsOfOneImageAreShared(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		e := newEngine()
		e.registry[app] = digest("a")
		finish := make(chan struct{})
		e.pull = func(ctx context.Context, _ func(runtime.PullProgress)) error {
			select {
			case <-finish:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		i := start(t, Config{}, e, nil)
		first, leave := context.WithCancel(t.Context())
		errs, firstErr := make(chan error, 3), make(chan error, 1)
		pull := func(ctx context.Context, to chan error) {
			_, err := i.Pull(ctx, Want{Image: app})
			to <- err
		}
		go pull(first, firstErr)
		synctest.Wait()
		for range 3 {
			go pull(t.Context(), errs)
		}
		synctest.Wait()
		leave()
		if err := <-firstErr; !errors.Is(err, context.Canceled) {
			t.Errorf("the caller who left got %v, want the error of its context", err)
		}
		close(finish)
		for range 3 {
			if err := <-errs; err != nil {
				t.Errorf("a caller who stayed got %v", err)
			}
		}
		if len(e.pulls) != 1 {
			t.Errorf("%d pulls, want 1", len(e.pulls))
		}
	})
}

func TestPullThatAllLeftIsGivenUp(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		e := newEngine()
		e.registry[app] = digest("a")
		given := 0
		e.pull = func(ctx context.Context, _ func(runtime.PullProgress)) error {
			<-ctx.Done()
			given++
			return ctx.Err()
		}
		i := start(t, Config{}, e, nil)
		ctx, leave := context.WithCancel(t.Context())
		for range 2 {
			go i.Pull(ctx, Want{Image: app})
		}
		synctest.Wait()
		leave()
		synctest.Wait()
		if given != 1 {
			t.Errorf("%d pulls given up, want 1", given)
		}
		e.pull = nil
		mustPull(t, i, Want{Image: app})
	})
}

// A registry that breaks off is tried again, as often as ECS's agent does; a final answer is not.
func TestRetries(t *testing.T) {
	final := &runtime.Error{Name: cannotPull, Reason: "manifest unknown"}
	for name, test := range map[string]struct {
		errs  []error
		pulls int
		want  error
	}{
		"twice broken":   {[]error{errAway, errAway}, 3, nil},
		"always broken":  {slices.Repeat([]error{errAway}, 9), 5, errAway},
		"final":          {[]error{final}, 1, final},
		"engine is away": {[]error{errors.New("EOF")}, 1, errors.New("EOF")},
	} {
		t.Run(name, func(t *testing.T) {
			faketime.Test(t, func(t *testing.T) {
				e := newEngine()
				e.registry[app] = digest("a")
				e.pull = func(context.Context, func(runtime.PullProgress)) error {
					if n := len(e.pulls); n <= len(test.errs) {
						return test.errs[n-1]
					}
					return nil
				}
				_, err := start(t, Config{}, e, nil).Pull(t.Context(), Want{Image: app})
				if len(e.pulls) != test.pulls || fmt.Sprint(err) != fmt.Sprint(test.want) && !(err == nil && test.want == nil) {
					t.Errorf("%d pulls, error %v; want %d, %v", len(e.pulls), err, test.pulls, test.want)
				}
			})
		})
	}
}

// A pull that makes progress may be slow, and its tasks hear of it, every few seconds and only
// if it is more than before. One that makes none fails.
func TestSlowPull(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		e := newEngine()
		e.registry[app] = digest("a")
		e.pull = func(ctx context.Context, progress func(runtime.PullProgress)) error {
			for n := range int64(4) {
				if !wait.Sleep(ctx, 31*time.Second) {
					return ctx.Err()
				}
				progress(runtime.PullProgress{Done: n * 10, Total: 30})
			}
			return nil
		}
		var told []structs.PullProgress
		mustPull(t, start(t, Config{}, e, nil), Want{Image: app, Progress: func(p structs.PullProgress) { told = append(told, p) }})
		var want []structs.PullProgress
		for done := int64(0); done < 30; done += 10 {
			want = append(want, structs.PullProgress{Image: app, Done: done, Total: 30})
		}
		if !slices.Equal(told, want) {
			t.Errorf("told %v, want %v", told, want)
		}
	})
	faketime.Test(t, func(t *testing.T) {
		e := newEngine()
		e.pull = func(ctx context.Context, _ func(runtime.PullProgress)) error {
			<-ctx.Done()
			return ctx.Err()
		}
		began := time.Now()
		_, err := start(t, Config{}, e, nil).Pull(t.Context(), Want{Image: app})
		if err == nil || !strings.Contains(err.Error(), "no progress for 1m0s") || time.Since(began) > 6*time.Minute {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}
