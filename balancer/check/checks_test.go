package check

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// reports collects what Checks report, and can refuse it.
type reports struct {
	refuse atomic.Int32
	ch     chan structs.TargetReport
}

func (r *reports) take(_ context.Context, list []structs.TargetReport) error {
	if r.refuse.Add(-1) >= 0 {
		return errors.New("no server")
	}
	for _, one := range list {
		r.ch <- one
	}
	return nil
}

func (r *reports) next(t *testing.T) structs.TargetReport {
	t.Helper()
	select {
	case one := <-r.ch:
		return one
	case <-time.After(5 * time.Second):
		t.Fatal("nothing is reported")
		return structs.TargetReport{}
	}
}

// A target that begins to answer is healthy within moments, whatever its interval, and the report
// is repeated until a server takes it, and again when the servers begin anew.
func TestNewTargetIsCheckedOften(t *testing.T) {
	var ready atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !ready.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	r := &reports{ch: make(chan structs.TargetReport, 10)}
	r.refuse.Store(2)
	c := New(Config{Report: r.take})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.Run(ctx) }()
	s := specOf(t, server.Listener.Addr().String(), structs.TargetCheck{Protocol: "HTTP", Interval: 30})
	c.Set(map[string]Spec{"a": s})
	time.AfterFunc(250*time.Millisecond, func() { ready.Store(true) })
	begin := time.Now()
	one := r.next(t)
	if one.State != structs.TargetHealthy || one.TargetGroup != "g" || one.Task != "t" || one.Port != s.Port {
		t.Errorf("reported %+v", one)
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("healthy after %v, with an interval of 30 s", took)
	}
	c.Set(map[string]Spec{"a": s}) // the same: nothing is reported
	c.Again()
	if again := r.next(t); again != one {
		t.Errorf("again: %+v", again)
	}
	c.Set(nil)
	c.mu.Lock()
	if len(c.running) != 0 {
		t.Error("a target that is not wanted any more is still checked")
	}
	c.mu.Unlock()
	cancel()
	<-done
}

func TestThresholds(t *testing.T) {
	pass, fail := verdict{pass: true}, verdict{reason: "Target.Timeout", description: "Request timed out"}
	spec := Spec{Check: structs.TargetCheck{Interval: 10, Healthy: 3, Unhealthy: 2}, State: structs.TargetInitial}
	steps := []struct {
		v              verdict
		passed, failed int32
		since          time.Duration
		want           string
	}{
		{fail, 0, 1, 0, "initial"},
		{fail, 0, 9, 9 * time.Second, "initial"}, // quick checks of a new target do not count by number
		{fail, 0, 10, 10 * time.Second, "unhealthy"},
		{pass, 1, 0, 20 * time.Second, "unhealthy"},
		{pass, 2, 0, 30 * time.Second, "unhealthy"},
		{pass, 3, 0, 40 * time.Second, "healthy"},
		{fail, 0, 1, 50 * time.Second, "healthy"},
		{fail, 0, 2, 60 * time.Second, "unhealthy"},
	}
	o := &outbox{news: make(chan struct{}, 1)}
	c := newChecker("a", spec, o)
	for i, s := range steps {
		if c.judge(spec, s.v, s.passed, s.failed, s.since); c.state != s.want {
			t.Errorf("step %d: %s, want %s", i, c.state, s.want)
		}
	}
	c = newChecker("b", spec, o)
	if c.judge(spec, pass, 1, 0, 0); c.state != "healthy" {
		t.Error("the first check that passes does not make a new target healthy")
	}
	if r := o.take()["b"]; r.State != "healthy" {
		t.Errorf("reported %+v", r)
	}
	spec.State = structs.TargetHealthy
	if c = newChecker("c", spec, o); c.state != "healthy" {
		t.Error("a target that others found healthy begins anew")
	}
	growing := firstPause
	if p := c.pause(spec, verdict{absent: true}, &growing); p != 5*time.Second {
		t.Errorf("a healthy target that refuses connections is checked again after %v, want half an interval", p)
	}
	if p := c.pause(spec, fail, &growing); p < 9*time.Second || p > 11*time.Second {
		t.Errorf("checked again after %v, want about 10 s", p)
	}
}
