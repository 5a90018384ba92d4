package docker

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/testutil/faketime"
)

func TestPullReportsErrorInStream(t *testing.T) {
	e := newFakeEngine(&fakeAPI{pull: func(context.Context, string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(`{"status":"Pulling"}` + "\n" +
			`{"errorDetail":{"message":"manifest unknown"},"error":"manifest unknown"}` + "\n")), nil
	}})
	WantRuntimeError(t, e.PullImage(t.Context(), "nope:1"), cannotPull, "pull image docker.io/library/nope:1", "manifest unknown")
}

// A pull that breaks off is no refusal: an engine that ends in the middle of it has not said that
// the image cannot be had.
func TestCutPullIsNoRefusal(t *testing.T) {
	e := newFakeEngine(&fakeAPI{pull: func(context.Context, string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(`{"status":"Pul`)), nil
	}})
	err := e.PullImage(t.Context(), "nope:1")
	if _, refused := errors.AsType[*runtime.Error](err); err == nil || refused {
		t.Errorf("got %v, want an error that is not a refusal", err)
	}
}

func TestPullRefusesBadReference(t *testing.T) {
	for _, name := range []string{"", "app/UPPER", "a b", "x:y:z"} {
		WantRuntimeError(t, newFakeEngine(&fakeAPI{}).PullImage(t.Context(), name), cannotPull, `"`+name+`"`)
	}
}

// pullServer counts pulls, and finishes them when told.
type pullServer struct {
	started, given atomic.Int32
	finish         chan struct{}
}

func (p *pullServer) pull(ctx context.Context, _ string) (io.ReadCloser, error) {
	p.started.Add(1)
	select {
	case <-p.finish:
		return io.NopCloser(strings.NewReader("")), nil
	case <-ctx.Done():
		p.given.Add(1)
		return nil, ctx.Err()
	}
}

func TestPullsOfOneImageAreShared(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		server := &pullServer{finish: make(chan struct{})}
		e := newFakeEngine(&fakeAPI{pull: server.pull})
		first, leave := context.WithCancel(t.Context())
		errs := make(chan error, 3)
		firstErr := make(chan error, 1)
		go func() { firstErr <- e.PullImage(first, "app:1") }()
		synctest.Wait()
		for range 3 {
			go func() { errs <- e.ForInstance("i2").PullImage(t.Context(), "app:1") }()
		}
		synctest.Wait()

		leave()
		var failed *runtime.Error
		if err := <-firstErr; !errors.Is(err, context.Canceled) || errors.As(err, &failed) {
			t.Errorf("the caller who left got %v, want the error of its context", err)
		}
		close(server.finish)
		for range 3 {
			if err := <-errs; err != nil {
				t.Errorf("a caller who stayed got %v", err)
			}
		}
		if n := server.started.Load(); n != 1 {
			t.Errorf("%d pulls, want 1", n)
		}
	})
}

func TestPullThatAllLeftIsGivenUp(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		server := &pullServer{finish: make(chan struct{})}
		e := newFakeEngine(&fakeAPI{pull: server.pull})
		ctx, leave := context.WithCancel(t.Context())
		go e.PullImage(ctx, "app:1")
		go e.PullImage(ctx, "app:1")
		synctest.Wait()
		leave()
		synctest.Wait()
		if n := server.given.Load(); n != 1 {
			t.Errorf("%d pulls given up, want 1", n)
		}
		close(server.finish)
		if err := e.PullImage(t.Context(), "app:1"); err != nil {
			t.Errorf("the next caller got %v", err)
		}
	})
}
