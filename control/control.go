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

// Log is the way of a write: the raft log of the leader.
type Log interface {
	// Apply replicates a command and returns once this server's state holds it. Errors of the
	// command itself are *structs.Error; without a leader the error is of KindUnavailable, and
	// whether the command will still be applied is then unknown.
	Apply(ctx context.Context, cmd structs.Command) (structs.Applied, error)
	// Current returns once this server's state holds every write that was acknowledged before the
	// call. Without a leader it waits a little, then fails with KindUnavailable.
	Current(ctx context.Context) error
}

// Config is what a Control needs. All fields but NewID and Now are required.
type Config struct {
	Log    Log
	Store  *state.Store // read only
	Logger *slog.Logger
	// Simulator runs the scheduler on copies of state.
	Simulator Simulator
	// Leases lends evaluations to outside schedulers.
	Leases Leases
	NewID  func() string    // mints a new id of 32 hex digits; nil: from the system's randomness
	Now    func() time.Time // nil: the system's clock
	// Beat is told that the agent of an instance is there, and gives how long ago the newest beat
	// was of which the leader has heard; much where that is not known. It fails where the agent is
	// to show itself at another server. Nil: nobody is told.
	Beat func(instance string) (age time.Duration, err error)
	// Sealer encrypts the secrets of access keys. Nil: there are no access keys.
	Sealer Sealer
}

// Control carries out verbs. Safe for concurrent use.
type Control struct {
	config Config
}

// New makes a Control.
func New(c Config) *Control {
	if c.NewID == nil {
		c.NewID = randomID
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Beat == nil {
		c.Beat = func(string) (time.Duration, error) { return 0, nil }
	}
	return &Control{c}
}

// Read gives the state with every write that was acknowledged before the call.
func (c *Control) Read(ctx context.Context) (*state.Snapshot, error) {
	if allowed, _ := ctx.Value(staleKey{}).(bool); allowed {
		return c.config.Store.Snapshot(), nil
	}
	if err := c.config.Log.Current(ctx); err != nil {
		return nil, err
	}
	return c.config.Store.Snapshot(), nil
}

// ReadCluster is Read for a call about one cluster, which fails where there is none of the name.
func (c *Control) ReadCluster(ctx context.Context, name string) (*state.Snapshot, error) {
	snap, err := c.Read(ctx)
	if err == nil && snap.Cluster(name) == nil {
		return nil, structs.ErrClusterNotFound()
	}
	return snap, err
}

type staleKey struct{}

// AllowStale lets the reads of a call be answered from what this server knows, which may be a
// moment old.
func AllowStale(ctx context.Context) context.Context { return context.WithValue(ctx, staleKey{}, true) }

// Now returns the cluster's time.
func (c *Control) Now() structs.Time { return structs.TimeOf(c.config.Now()) }

func randomID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// activeCluster gives an ACTIVE cluster or ECS's error.
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
