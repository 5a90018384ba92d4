package server

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gantry-project/gantry/server/broker"
	"github.com/gantry-project/gantry/server/planner"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// leaseTime is how long an external scheduler may hold an evaluation without a sign of life.
const leaseTime = 30 * time.Second

// externalSchedulers holds the evaluations that wait for external schedulers, in a broker for each
// scheduler's name. Our workers put evaluations there that need places for tasks. They decide all
// others themselves, so a service whose scheduler is away can still be scaled in and deleted. It
// lives as long as one leadership.
type externalSchedulers struct {
	snapshot func() *state.Snapshot
	submit   func(context.Context, *structs.Plan) (planner.Outcome, error)
	// decide gives an evaluation to our own workers.
	decide func(*structs.Evaluation)
	now    func() structs.Time
	log    *slog.Logger

	nonce string // distinguishes the tokens of different leaderships

	mu      sync.Mutex
	brokers map[string]*broker.Broker // nil if closed
}

func newExternalSchedulers(e *externalSchedulers) *externalSchedulers {
	e.nonce, e.brokers = rand.Text(), map[string]*broker.Broker{}
	return e
}

// Run closes the brokers when ctx ends.
func (e *externalSchedulers) Run(ctx context.Context) error {
	<-ctx.Done()
	e.close()
	return nil
}

// of returns the broker of a scheduler, or nil once they are closed.
func (e *externalSchedulers) of(scheduler string) *broker.Broker {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.brokers == nil {
		return nil
	}
	b := e.brokers[scheduler]
	if b == nil {
		b = broker.New(broker.Config{AckTimeout: leaseTime, Logger: e.log.With("scheduler", scheduler)})
		e.brokers[scheduler] = b
	}
	return b
}

// wait puts an evaluation where its scheduler asks for it. After this leadership, the next leader
// finds the evaluation in state.
func (e *externalSchedulers) wait(scheduler string, eval *structs.Evaluation) {
	if b := e.of(scheduler); b != nil {
		b.Enqueue(eval)
	}
}

func (e *externalSchedulers) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, b := range e.brokers {
		b.Close()
	}
	e.brokers = nil
}

// leaseToken returns a text with an evaluation's id and the broker's token for it.
func (e *externalSchedulers) leaseToken(eval string, token broker.Token) string {
	return fmt.Sprintf("%s.%d.%s", eval, token, e.nonce)
}

// readToken parses the text of leaseToken. It returns false for a token of another leadership.
func (e *externalSchedulers) readToken(text string) (eval string, token broker.Token, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 || parts[2] != e.nonce {
		return "", 0, false
	}
	n, err := strconv.ParseUint(parts[1], 10, 64)
	return parts[0], broker.Token(n), err == nil
}

// externalLeases lends evaluations to external schedulers while this server leads (control.Leases).
type externalLeases struct{ leader *atomic.Pointer[leadership] }

func (x externalLeases) current() (*externalSchedulers, error) {
	l := x.leader.Load()
	if l == nil {
		return nil, structs.ErrNoLeader()
	}
	return l.external, nil
}

// NextLease, like the methods below, implements control.Leases.
func (x externalLeases) NextLease(ctx context.Context, name string) (*structs.Lease, error) {
	e, err := x.current()
	if err != nil {
		return nil, err
	}
	return e.next(ctx, name)
}

// PlanLease plans an evaluation.
func (x externalLeases) PlanLease(ctx context.Context, name string, in structs.LeasePlan) (*structs.LeasePlanned, error) {
	e, err := x.current()
	if err != nil {
		return nil, err
	}
	return e.plan(ctx, name, in)
}

// AckLease ends a lease whose evaluation is decided.
func (x externalLeases) AckLease(_ context.Context, name, token string) error {
	e, err := x.current()
	if err != nil {
		return err
	}
	return e.ack(name, token)
}

// NackLease gives an evaluation back.
func (x externalLeases) NackLease(_ context.Context, name, token string) error {
	e, err := x.current()
	if err != nil {
		return err
	}
	return e.nack(name, token)
}
