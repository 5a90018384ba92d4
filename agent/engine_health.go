package agent

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/gantry-project/gantry/agent/wait"
	"github.com/gantry-project/gantry/structs"
)

const (
	// probeInterval is how often the engine is asked whether it works, and probeTimeout how long it
	// may take to answer. An engine that fails probesFailed times in a row is IMPAIRED. After a
	// failure it is asked again after probeAgain.
	probeInterval = 2 * time.Second
	probeTimeout  = 4 * time.Second
	probeAgain    = 500 * time.Millisecond
	probesFailed  = 2
	// giveUpAfter is how long an engine may be IMPAIRED before the tasks that wait for it to start
	// or stop them are given up, so that they can run elsewhere.
	giveUpAfter = 30 * time.Second
)

// engineHealth is the health of the container engine according to probes. It is safe for concurrent
// use.
type engineHealth struct {
	mu     sync.Mutex
	health structs.RuntimeHealth // Status and Reason
	since  time.Time             // of the status
	// gone is closed once the engine has been IMPAIRED for giveUpAfter, and replaced when it
	// answers.
	gone chan struct{}
}

func newEngineHealth() *engineHealth {
	return &engineHealth{
		gone: make(chan struct{}),
		// otherwise there would be no registration
		health: structs.RuntimeHealth{Status: structs.HealthOK},
	}
}

func (e *engineHealth) current() structs.RuntimeHealth {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.health
}

// note records the result of a probe, nil for an answer, and reports whether the status changed.
// The first reason is kept, because each change is an entry of the log.
func (e *engineHealth) note(err error) (changed bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	is := structs.RuntimeHealth{Status: structs.HealthOK}
	if err != nil {
		is = structs.RuntimeHealth{Status: structs.HealthImpaired, Reason: err.Error()}
	}
	if is.Status == e.health.Status {
		return false
	}
	e.health, e.since = is, time.Now()
	if e.isGone() {
		e.gone = make(chan struct{})
	}
	return true
}

func (e *engineHealth) isGone() bool {
	select {
	case <-e.gone:
		return true
	default:
		return false
	}
}

// lost reports whether the engine has been IMPAIRED for giveUpAfter, and returns a text with how
// long and why.
func (e *engineHealth) lost() (reason string, lost bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.health.Status != structs.HealthImpaired || time.Since(e.since) < giveUpAfter {
		return "", false
	}
	if !e.isGone() {
		close(e.gone)
	}
	reason = fmt.Sprintf("the container engine of the instance did not work for %s: %s", giveUpAfter, e.health.Reason)
	return reason, true
}

// untilLost returns a context that also ends when the engine has been IMPAIRED for giveUpAfter.
func (e *engineHealth) untilLost(ctx context.Context) (context.Context, context.CancelFunc) {
	e.mu.Lock()
	gone := e.gone
	e.mu.Unlock()
	ctx, end := context.WithCancel(ctx)
	go func() {
		select {
		case <-gone:
			end()
		case <-ctx.Done():
		}
	}()
	return ctx, end
}

// probe asks the engine again and again whether it works, until ctx ends.
func (a *Agent) probe(ctx context.Context) {
	failed := 0
	for pause := probeInterval; wait.Sleep(ctx, pause); {
		pause = probeInterval
		err, late := a.probeOnce(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case late:
			continue
		case err == nil:
			failed = 0
		default:
			if failed++; failed < probesFailed {
				pause = probeAgain
				continue
			}
		}
		if a.engine.note(err) {
			a.link.SetHealth(a.engine.current())
			a.engineChanged(err)
		}
		if reason, lost := a.engine.lost(); lost {
			a.giveUp(reason)
		}
	}
}

func (a *Agent) engineChanged(err error) {
	if err != nil {
		a.log.Warn("the container engine is IMPAIRED: the instance takes no new tasks until it works again; "+
			"what runs is left as it is", "error", err, "giveUpAfter", giveUpAfter)
		return
	}
	a.log.Info("the container engine works again")
	wait.Nudge(a.sweepNow) // it may have done things that nobody waits for any longer
}

// probeOnce returns what is wrong with the engine, and whether the answer may have come in time but
// this process was too late to see it.
func (a *Agent) probeOnce(ctx context.Context) (err error, late bool) {
	one, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	err = a.runtime.Ping(one)
	switch {
	case err == nil:
		return a.runtime.calls.hanging(), false
	case one.Err() != nil:
		return fmt.Errorf("it has not answered for %s", probeTimeout), wait.TooLate(one)
	}
	return err, false
}

// giveUp ends the tasks that wait for the engine to start or stop them.
func (a *Agent) giveUp(reason string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.runners {
		r.GiveUp(reason)
	}
}
