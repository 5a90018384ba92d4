// Package certs has the certificates of an ingress instance: it gets those that its listeners need
// from the servers (table.go), orders others from a certificate authority by ACME (order.go), and
// answers the authority's challenges, whichever instance ordered (challenge.go).
//
// A server says which of the ingress instances orders a certificate, and gives it a lease. What an
// order needs beyond the instance is kept by the servers: the key of the account and the answers to
// challenges. So an instance can die at any time: another orders when the lease has ended.
package certs

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// Servers is what the certificates need of the cluster's servers.
type Servers interface {
	// IngressCertificates returns what the instance needs, when that is not what digest stands for,
	// or after some seconds.
	IngressCertificates(ctx context.Context, digest string) (structs.IngressCertificates, error)
	// ACMECall asks something while a certificate is ordered, or a challenge answered.
	ACMECall(ctx context.Context, in structs.ACMECall) (structs.ACMEAnswer, error)
}

// Config is what Certificates need. Servers is required.
type Config struct {
	Servers Servers
	Logger  *slog.Logger // nil: slog.Default
}

// Certificates are those of an ingress instance. They are safe for concurrent use.
type Certificates struct {
	servers Servers
	log     *slog.Logger
	holder  string // of leases: random, of this process
	table   atomic.Pointer[table]

	orders sync.WaitGroup
	slots  chan struct{} // capacity: orders at a time
	asks   chan struct{} // capacity: challenges that are looked up at a time

	mu      sync.Mutex
	running map[string]bool // orders, by their first name
	account *account        // nil: none yet
}

// The bounds of what goes on at a time.
const (
	maxOrders = 4
	maxAsks   = 8
)

// New returns Certificates, empty until Run.
func New(c Config) *Certificates {
	out := &Certificates{
		servers: c.Servers, log: c.Logger, holder: randomText(), slots: make(chan struct{}, maxOrders), asks: make(chan struct{}, maxAsks),
		running: map[string]bool{},
	}
	if out.log == nil {
		out.log = slog.Default()
	}
	out.table.Store(&table{})
	return out
}

// pause is how long to wait after the servers could not be asked.
const pause = time.Second

// Run keeps the certificates up to date, and orders those that a server says, until ctx ends. While
// no server answers, those that are known serve on.
func (c *Certificates) Run(ctx context.Context) {
	defer c.orders.Wait()
	failed := false
	for ctx.Err() == nil {
		now := c.table.Load()
		answer, err := c.servers.IngressCertificates(ctx, now.answer.Digest)
		if err != nil {
			if !failed && ctx.Err() == nil {
				c.log.Warn("no server tells the certificates of listeners; those that are known serve on", "error", err)
			}
			failed = true
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
			continue
		}
		failed = false
		if answer.Problem != "" && answer.Problem != now.answer.Problem {
			c.log.Warn("hosts of HTTPS listeners get no certificate", "reason", answer.Problem)
		}
		if answer.Digest != now.answer.Digest {
			c.table.Store(c.newTable(answer, now))
		}
		for _, one := range answer.Orders {
			c.begin(ctx, one, answer)
		}
	}
}
