package link

import (
	"cmp"
	"context"
	"errors"
	"hash/fnv"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/gantry-project/gantry/agent/wait"
	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/structs"
)

const (
	// avoidFor is how long a server that failed is the last choice of calls.
	avoidFor = 5 * time.Second
	// moveCheck is how often an agent looks for a better server than that of its stream, and
	// settledFor is how long ago the last failure of the better one must be.
	moveCheck  = 20 * time.Second
	settledFor = time.Minute
)

// errMoves ends a stream so that another is opened at a better server.
var errMoves = errors.New("a server that is nearer, or that fewer agents call, is there again")

// ServersConfig holds what Servers needs. All fields are required.
type ServersConfig struct {
	// Key and Zone are the agent's. It prefers servers in its zone; among these each key has its
	// own order, so that agents spread over them.
	Key, Zone string
	// Candidates returns the servers that exist at the moment.
	Candidates func() []structs.Member
	// Connect returns a client of the server at an address (Member.HTTP).
	Connect func(address string) *client.Client
}

// Servers is the Server of an agent that may call any of several servers. It stays with one as long
// as that one answers. It is safe for concurrent use.
type Servers struct {
	config ServersConfig

	mu      sync.Mutex
	clients map[string]*client.Client // by address
	failed  map[string]time.Time      // by address; when it last did
	good    map[string]good           // by address
	current string                    // the address of the server of the newest stream; empty: none
}

// NewServers returns a Servers that has not connected to a server yet.
func NewServers(c ServersConfig) *Servers {
	return &Servers{
		config: c, clients: map[string]*client.Client{}, failed: map[string]time.Time{}, good: map[string]good{},
	}
}

// callTimeout limits a registration, or a request for a certificate, at one server. No answer comes
// over a cut network link.
const callTimeout = 5 * time.Second

// Register registers the instance with any server: they forward to the leader.
func (s *Servers) Register(
	ctx context.Context, in structs.ContainerInstance,
) (out structs.ContainerInstance, err error) {
	err = s.any(ctx, func(_ string, c *client.Client) error {
		one, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		out, err = c.Register(one, in)
		return err
	})
	return out, err
}

// Report sends what the agent saw to any server.
func (s *Servers) Report(ctx context.Context, instance string, updates []structs.TaskUpdate) error {
	return s.call(ctx, func(ctx context.Context, c *client.Client) error {
		return c.Report(ctx, instance, updates)
	})
}

// ReportRuntime sends the health of the container engine to any server.
func (s *Servers) ReportRuntime(ctx context.Context, instance string, health structs.RuntimeHealth) error {
	return s.call(ctx, func(ctx context.Context, c *client.Client) error {
		return c.ReportRuntime(ctx, instance, health)
	})
}

// PinImages proposes digests to any server.
func (s *Servers) PinImages(
	ctx context.Context, instance, deployment string, images []structs.PinnedImage,
) (out []structs.PinnedImage, err error) {
	err = s.call(ctx, func(ctx context.Context, c *client.Client) error {
		out, err = c.PinImages(ctx, instance, deployment, images)
		return err
	})
	return out, err
}

// Enrol asks any server for a certificate.
func (s *Servers) Enrol(
	ctx context.Context, instance string, in security.Enrolment,
) (out security.Enrolled, err error) {
	err = s.any(ctx, func(_ string, c *client.Client) error {
		one, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		out, err = c.Enrol(one, instance, in)
		return err
	})
	return out, err
}

// Stream opens a stream of assignments at the best server that can be reached.
func (s *Servers) Stream(ctx context.Context, instance string, version int64) (stream Stream, err error) {
	s.use("")
	err = s.any(ctx, func(address string, c *client.Client) error {
		opened, err := c.Assignments(ctx, instance, version)
		if err != nil {
			return err
		}
		s.use(address)
		stream = s.movable(opened, address)
		return nil
	})
	return stream, err
}

// Calls opens the connection at the server of the newest stream.
func (s *Servers) Calls(ctx context.Context, instance string) (io.ReadWriteCloser, error) {
	s.mu.Lock()
	address := s.current
	s.mu.Unlock()
	if address == "" {
		return nil, structs.ErrNoLeader()
	}
	return s.client(address).Calls(ctx, instance)
}

// Beat goes only to the server of the newest stream, because only that one vouches for the agent.
func (s *Servers) Beat(ctx context.Context, instance string) (heard time.Time, err error) {
	s.mu.Lock()
	address := s.current
	s.mu.Unlock()
	if address == "" {
		return heard, structs.ErrNoLeader()
	}
	heard, err = s.client(address).Beat(ctx, instance)
	// if no answer came in time, the server has failed
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) && !wait.TooLate(ctx) {
		s.avoid(address)
	}
	return heard, err
}

// Close closes idle connections.
func (s *Servers) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clients {
		c.Close()
	}
}

// any calls one server after the other, the best first, until one answers. A refusal is an answer.
func (s *Servers) any(ctx context.Context, call func(address string, c *client.Client) error) error {
	err := error(structs.Errorf(structs.KindUnavailable, "no server is known yet"))
	for _, address := range s.order() {
		if err = call(address, s.client(address)); err == nil || refusal(err) || ctx.Err() != nil {
			return err
		}
		s.avoid(address)
	}
	return err
}

// order returns the addresses of the servers, the best first: the one in use, then those of the
// zone, then the others, and last those that failed a moment ago.
func (s *Servers) order() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ranked(s.current, avoidFor)
}

// ranked is order if inUse is in use, and a server comes last that failed less than avoid ago.
// Among equals each agent has its own order, so that agents spread over them. The lock must be
// held.
func (s *Servers) ranked(inUse string, avoid time.Duration) []string {
	type choice struct {
		address string
		rank    int
		draw    uint64
	}
	now := time.Now()
	var choices []choice
	for _, m := range s.config.Candidates() {
		c := choice{address: m.HTTP, rank: 2, draw: draw(s.config.Key, m.ID)}
		switch {
		case now.Sub(s.failed[m.HTTP]) < avoid:
			c.rank = 3
		case m.HTTP == inUse:
			c.rank = 0
		case m.Zone == s.config.Zone:
			c.rank = 1
		}
		choices = append(choices, c)
	}
	slices.SortFunc(choices, func(a, b choice) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.draw, b.draw))
	})
	addresses := make([]string, len(choices))
	for i, c := range choices {
		addresses[i] = c.address
	}
	return addresses
}

// draw returns a number that differs between keys, except by accident.
func draw(key, server string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key + " " + server)) // never fails (hash.Hash)
	x := h.Sum64()
	x ^= x >> 33 // fnv's high bits are much alike for keys that differ only at their end
	x *= 0xff51afd7ed558ccd
	return x ^ x>>33
}

func (s *Servers) client(address string) *client.Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.clients[address] == nil {
		s.clients[address] = s.config.Connect(address)
	}
	return s.clients[address]
}

func (s *Servers) use(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = address
}

func (s *Servers) avoid(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed[address] = time.Now()
	if g := s.good[address]; g.end != nil {
		g.end()
	}
	delete(s.good, address)
}

// good lasts as long as a server answers.
type good struct {
	ctx context.Context
	end context.CancelFunc
}

// call makes a call to any server, one after the other. Each gets a context that ends when another
// call finds that the server has failed.
func (s *Servers) call(ctx context.Context, of func(ctx context.Context, c *client.Client) error) error {
	return s.any(ctx, func(address string, c *client.Client) error {
		ctx, done := s.whileGood(ctx, address)
		defer done()
		return of(ctx, c)
	})
}

// whileGood returns a context for a call to a server that ends when another call finds that the
// server does not answer. Otherwise a call over a cut network link would wait for its own timeout.
func (s *Servers) whileGood(ctx context.Context, address string) (context.Context, context.CancelFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.good[address]
	if g.ctx == nil {
		g.ctx, g.end = context.WithCancel(context.Background())
		s.good[address] = g
	}
	ctx, end := context.WithCancel(ctx)
	stop := context.AfterFunc(g.ctx, end)
	return ctx, func() { stop(); end() }
}
