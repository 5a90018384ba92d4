package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/control/vault"
	"github.com/gantry-project/gantry/server/members"
	"github.com/gantry-project/gantry/server/node"
	"github.com/gantry-project/gantry/server/reach"
	"github.com/gantry-project/gantry/server/simulator"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// Config holds what a server needs.
type Config struct {
	// ID names the server among its peers; it never changes for a data directory. If empty, it is
	// minted at the first start and kept there.
	ID string
	// DataDir holds the log and snapshots, in its sub-folder "server". Required.
	DataDir string
	// Version is the version of this program, for saved snapshots.
	Version string
	// Peers makes the server one of several. If nil, the server is a cluster of its own that no
	// other can join (gantry dev).
	Peers *Peers
	// TaskRetention is how long stopped tasks can still be described. Zero means one hour, as in
	// ECS.
	TaskRetention time.Duration
	// TaskNetwork is the range out of which instances get blocks of addresses for awsvpc tasks. It
	// should be the same on all servers: the leader's counts. Zero means the default.
	TaskNetwork structs.TaskNetwork
	// Sealer encrypts the secrets of access keys in the log. If nil, there are no access keys.
	Sealer control.Sealer
	// VaultSealer seals the keys of secrets and parameters. If nil, none can be stored.
	VaultSealer vault.Sealer
	// Sessions makes and reads the temporary keys of roles.
	Sessions control.Sessions
	// Buckets reads objects of mapped buckets.
	Buckets control.Buckets
	// Fargate says which sizes FARGATE tasks can have.
	Fargate structs.FargateSizes
	// Now is the system's clock, which people may set. Nil means time.Now.
	Now func() time.Time
	// SlowDisk, for tests, if not nil, is called before every write to the log and the snapshots.
	// The write continues when it returns.
	SlowDisk func()
	// Logger is required.
	Logger *slog.Logger
}

// Peers is how a server finds and reaches the others.
type Peers = members.Peers

const defaultTaskRetention = time.Hour

// Server is a running server process. Safe for concurrent use.
type Server struct {
	config  Config
	log     *slog.Logger
	store   *state.Store
	control *control.Control
	vault   *vault.Vault

	dir     *node.Dir
	node    *node.Node
	members *members.Members // nil without Peers
	beats   *beats
	clock   *clock
	reach   *reach.Reach
	leader  atomic.Pointer[leadership] // nil if this server does not lead, or is not ready to

	// restores are saved states that should replace the present one while the leader's work rests.
	restores chan restore
	// leadAnew requests a fresh start of the leader's work. Its capacity is 1.
	leadAnew chan struct{}
	stop     context.CancelFunc
	done     sync.WaitGroup
}

// New opens the data directory and starts the server. It takes calls once Ready returns nil.
func New(c Config) (*Server, error) {
	if c.TaskRetention == 0 {
		c.TaskRetention = defaultTaskRetention
	}
	if c.TaskNetwork == (structs.TaskNetwork{}) {
		c.TaskNetwork = structs.DefaultTaskNetwork()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	dir, err := node.OpenDir(c.DataDir, c.ID)
	if err != nil {
		return nil, err
	}
	s := &Server{
		config: c, log: c.Logger, store: state.New(), dir: dir, beats: newBeats(), clock: newClock(c.Now),
		leadAnew: make(chan struct{}, 1), restores: make(chan restore),
	}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	s.reach = s.newReach()
	s.control = control.New(control.Config{
		Log: s, Store: s.store, Logger: c.Logger, Simulator: simulator.New(simulator.Config{}),
		Leases: externalLeases{&s.leader}, Now: s.clock.Now, Beat: s.beat, TaskNetwork: c.TaskNetwork, Sealer: c.Sealer,
		BucketSealer: c.VaultSealer, Sessions: c.Sessions,
		Fargate: c.Fargate, Agents: s.reach, Buckets: c.Buckets, Drains: leaderDrains{&s.leader},
	})
	s.vault = vault.New(vault.Config{Control: s.control, Log: s, Sealer: c.VaultSealer})
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	s.done.Go(func() { s.followLeadership(ctx) })
	s.done.Go(func() { s.reportBeats(ctx) })
	if s.members != nil {
		s.done.Go(func() { s.members.Run(ctx) })
	}
	return s, nil
}

// open starts the raft node, and with Peers gossip.
func (s *Server) open() (err error) {
	config := node.Config{Dir: s.dir, Store: s.store, SlowDisk: s.config.SlowDisk, Logger: s.log}
	var promise *members.Promise
	if p := s.config.Peers; p != nil {
		if promise, err = members.OpenPromise(s.dir.Path()); err != nil {
			return err
		}
		config.Link = &node.Link{
			Listener: p.RaftListener, Advertise: p.Raft, Dial: p.Dialer(), TLS: p.TLS, Promised: promise.Includes,
		}
	}
	if s.node, err = node.Open(config); err != nil || s.config.Peers == nil {
		return err
	}
	s.members, err = members.New(members.Config{
		ID: s.dir.ID, Dir: s.dir.Path(), Node: s.node, Peers: s.config.Peers, Promise: promise, Logger: s.log,
	})
	if err != nil {
		return errors.Join(err, s.node.Stop())
	}
	return nil
}

// ID names the server among its peers.
func (s *Server) ID() string { return s.dir.ID }

// Control returns the core that the doors call.
func (s *Server) Control() *control.Control { return s.control }

// Vault returns the verbs of secrets and parameters.
func (s *Server) Vault() *vault.Vault { return s.vault }

// Ready returns nil if the server takes calls: there is a leader, and its state has caught up. The
// error explains what is missing.
func (s *Server) Ready() error {
	if s.leader.Load() == nil && s.leaderHTTP() == "" {
		return fmt.Errorf("no leader yet: server %s is %s", s.dir.ID, s.node.Role())
	}
	return nil
}

// Failed reports fatal errors, such as a disk that refuses a write. The server must then not be
// stopped; the process must exit.
func (s *Server) Failed() <-chan error { return s.node.Failed() }

// Stop ends everything the server started and closes its data directory. Writes in progress are
// answered first.
func (s *Server) Stop() error {
	s.stop()
	s.done.Wait()
	err := s.node.Stop()
	if s.members != nil {
		err = errors.Join(err, s.members.Stop())
	}
	return errors.Join(err, s.dir.Close())
}
