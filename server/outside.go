package server

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gantry-project/gantry/server/broker"
	"github.com/gantry-project/gantry/structs"
)

// leaseTime is how long an outside scheduler may hold an evaluation without a word.
const leaseTime = 30 * time.Second

// outside holds the evaluations that wait for the tasks' places from outside schedulers: a broker
// for each name. Our workers put there what asks for places; what does not they decide themselves,
// so that a service whose scheduler is away can still be scaled in and deleted. It lives as long as
// one leadership.
type outside struct {
	logger *slog.Logger
	nonce  string // keeps the tokens of one leadership apart from those of others

	mu      sync.Mutex
	brokers map[string]*broker.Broker // nil: closed
}

func newOutside(logger *slog.Logger) *outside {
	return &outside{logger: logger, nonce: rand.Text(), brokers: map[string]*broker.Broker{}}
}

// of gives the broker of a scheduler; nil once it is closed.
func (o *outside) of(scheduler string) *broker.Broker {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.brokers == nil {
		return nil
	}
	b := o.brokers[scheduler]
	if b == nil {
		b = broker.New(broker.Config{AckTimeout: leaseTime, Logger: o.logger.With("scheduler", scheduler)})
		o.brokers[scheduler] = b
	}
	return b
}

// wait puts an evaluation where its scheduler asks for it. With the leadership over, the next
// leader finds it in state.
func (o *outside) wait(scheduler string, eval *structs.Evaluation) {
	if b := o.of(scheduler); b != nil {
		b.Enqueue(eval)
	}
}

func (o *outside) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, b := range o.brokers {
		b.Close()
	}
	o.brokers = nil
}

// leaseToken writes an evaluation's id and the broker's token for it.
func (o *outside) leaseToken(eval string, token broker.Token) string {
	return fmt.Sprintf("%s.%d.%s", eval, token, o.nonce)
}

// readToken is the way back; false for a token of another leadership.
func (o *outside) readToken(text string) (eval string, token broker.Token, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 || parts[2] != o.nonce {
		return "", 0, false
	}
	n, err := strconv.ParseUint(parts[1], 10, 64)
	return parts[0], broker.Token(n), err == nil
}
