package control

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"time"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// Log is where writes go: the raft log of the leader.
type Log interface {
	// Apply replicates a command and returns once this server's state has it. Errors of the command
	// itself are *structs.Error. Without a leader the error is of KindUnavailable, and the command
	// may or may not be applied later.
	Apply(ctx context.Context, cmd structs.Command) (structs.Applied, error)
	// Current returns once this server's state has every write that was acknowledged before the
	// call. Without a leader it waits a little, then fails with KindUnavailable.
	Current(ctx context.Context) error
}

// Config holds what a Control needs. All fields except NewID, Now, Beat, TaskNetwork, Sealer,
// BucketSealer, Sessions, Buckets, Fargate, Agents, Ingress, Certificates and Drains are required.
type Config struct {
	Log    Log
	Store  *state.Store // read only
	Logger *slog.Logger
	// Simulator runs the scheduler on copies of state.
	Simulator Simulator
	// Leases lends evaluations to external schedulers.
	Leases Leases
	NewID  func() string    // returns a new id of 32 hex digits; nil: a random one
	Now    func() time.Time // nil: the system's clock
	// Beat records that the agent of an instance is alive. It returns the age of the newest beat
	// that the leader knows, a large one if that is not known. It fails if the agent should beat at
	// another server. If nil, beats are ignored.
	Beat func(instance string) (age time.Duration, err error)
	// TaskNetwork is the range out of which instances get blocks of addresses for awsvpc tasks.
	// Zero: the default.
	TaskNetwork structs.TaskNetwork
	// Sealer encrypts the secrets of access keys. If nil, there are no access keys.
	Sealer Sealer
	// BucketSealer encrypts the keys of buckets. If nil, Sealer does.
	BucketSealer Sealer
	// Sessions makes and reads the temporary keys of roles. If nil, there are none.
	Sessions Sessions
	// Buckets reads objects of mapped buckets. If nil, there are none.
	Buckets Buckets
	// Fargate says which sizes FARGATE tasks can have.
	Fargate structs.FargateSizes
	// Agents reaches the agents; nil: nobody does.
	Agents Agents
	// Certificates returns the certificates that ingress instances get; nil: none.
	Certificates func(*state.Snapshot) []structs.TrafficCertificate
	// Drains hears from ingress instances which draining targets have open requests. If nil, nobody
	// waits for them.
	Drains Drains
	// Ingress is where exposed services are reached.
	Ingress structs.Ingress
}

// Control carries out verbs. It is safe for concurrent use.
type Control struct {
	config   Config
	policies rolePolicies
	traffic  *trafficTable
}

// New returns a Control.
func New(c Config) *Control {
	if c.NewID == nil {
		c.NewID = randomID
	}
	if c.BucketSealer == nil {
		c.BucketSealer = c.Sealer
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Beat == nil {
		c.Beat = func(string) (time.Duration, error) { return 0, nil }
	}
	if c.TaskNetwork == (structs.TaskNetwork{}) {
		c.TaskNetwork = structs.DefaultTaskNetwork()
	}
	return &Control{config: c, traffic: &trafficTable{store: c.Store, certificates: c.Certificates}}
}

// Read returns the state with every write that was acknowledged before the call.
func (c *Control) Read(ctx context.Context) (*state.Snapshot, error) {
	if allowed, _ := ctx.Value(staleKey{}).(bool); allowed {
		return c.config.Store.Snapshot(), nil
	}
	if err := c.config.Log.Current(ctx); err != nil {
		return nil, err
	}
	return c.config.Store.Snapshot(), nil
}

// ReadCluster is like Read, for a call about one cluster. It fails if there is no cluster with that
// name.
func (c *Control) ReadCluster(ctx context.Context, name string) (*state.Snapshot, error) {
	snap, err := c.Read(ctx)
	if err == nil && snap.Cluster(name) == nil {
		return nil, structs.ErrClusterNotFound()
	}
	return snap, err
}

type staleKey struct{}

// AllowStale lets Read return this server's present state, which may be slightly outdated.
func AllowStale(ctx context.Context) context.Context { return context.WithValue(ctx, staleKey{}, true) }

// Now returns the cluster's time.
func (c *Control) Now() structs.Time { return structs.TimeOf(c.config.Now()) }

func randomID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// activeCluster returns an ACTIVE cluster, or ECS's error.
func activeCluster(s *state.Snapshot, name string) (*structs.Cluster, error) {
	switch cl := s.Cluster(name); {
	case cl == nil:
		return nil, structs.ErrClusterNotFound()
	case cl.Status != structs.ClusterActive:
		return nil, structs.ErrClusterInactive()
	default:
		return cl, nil
	}
}
