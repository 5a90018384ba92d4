// Package server is a server process: the raft node with the cluster's state, and what the leader
// runs on top of it.
//
//	raft.go      starts raft, replicates commands
//	disk.go      the log and snapshots on disk, read through before they are used; writes.go: a disk that is full or hangs, what it left
//	log_sums.go  the checksums of log, term and vote; snapshot_sums.go: of snapshots; bolt_pages.go: the file of the log;
//	damage.go    what is found damaged while the server runs
//	leader.go    what starts and stops with leadership
//	forward.go   any server takes any call: follower → leader; reign.go: until that one is leader no more
//	membership.go  gossip → raft peers; forming.go: a new cluster, once; autopilot.go: voters and the dead
//	gossip_key.go  the key of gossip is replaced, and who missed that catches up
//	liveness.go  the beats of agents → which instances are lost or back; led.go: whether agents are better off elsewhere
//	peers.go     what servers ask each other; status.go: what people ask of raft; leave.go: out of the cluster for good; transfer.go: of leadership
//	snapshots.go the whole state to a file and back; snapshot_file.go: what is in the file
//	recover.go   the one server that is left becomes a cluster, offline
//	worker.go    evaluation → plan
//	outside.go   evaluations that wait for outside schedulers; lease.go and lease_plan.go are what those may do
//	collector.go forgets what ended long ago
//	datadir.go   the data directory: one process at a time, and whole
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/server/simulator"
	"github.com/gantry-project/gantry/state"
)

// Config is what a server needs.
type Config struct {
	// ID names the server among its peers; it never changes for a data directory. Empty: it is
	// minted at the first start and kept there.
	ID string
	// DataDir holds the log and snapshots, in its sub-folder "server". Required.
	DataDir string
	// Peers makes the server one of several. Nil: a cluster of its own, which no other can join
	// (gantry dev).
	Peers *Peers
	// TaskRetention is how long stopped tasks can still be described. Zero: one hour, as ECS.
	TaskRetention time.Duration
	// Sealer encrypts what is secret in the log. Nil: nothing secret is taken.
	Sealer control.Sealer
	// Now is the system's clock, which may be set. Nil: time.Now.
	Now func() time.Time
	// SlowDisk, for tests, is called before every write to the log and the snapshots, which goes on
	// when it returns. Nil: at once.
	SlowDisk func()
	// Logger is required.
	Logger *slog.Logger
}

const defaultTaskRetention = time.Hour

// Server is a running server process. Safe for concurrent use.
type Server struct {
	config  Config
	log     *slog.Logger
	store   *state.Store
	control *control.Control

	lock       *dirLock
	disk       *disk
	raft       *raft.Raft
	promise    *promise    // nil: without Peers
	membership *membership // likewise
	reads      reads
	beats      *beats
	reigns     *reigns
	clock      *clock
	leader     atomic.Pointer[leadership] // nil: this server does not lead, or is not ready to

	// restores are saved states that are to take the place of the present one, while the leader's
	// work rests.
	restores chan restore
	// leadAnew asks for a fresh start of the leader's work. Capacity 1.
	leadAnew chan struct{}
	stop     context.CancelFunc
	done     sync.WaitGroup

	failed   chan error // capacity 1
	leftOnce sync.Once
	left     chan struct{} // closed when the server has left the cluster
	// transferBegan is when the newest transfer of leadership began. Nil: there was none.
	transferBegan atomic.Pointer[time.Time]

	stopMu   sync.Mutex     // no write begins while stopping is being closed
	stopping chan struct{}  // closed by Stop
	writes   sync.WaitGroup // that raft has not answered yet, and a Leave
}

// New opens the data directory and starts the server. It leads once Ready says so.
func New(c Config) (*Server, error) {
	if c.TaskRetention == 0 {
		c.TaskRetention = defaultTaskRetention
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Server{config: c, log: c.Logger, store: state.New(), leadAnew: make(chan struct{}, 1), stopping: make(chan struct{}), left: make(chan struct{}), failed: make(chan error, 1), restores: make(chan restore)}
	s.beats, s.reigns, s.clock = newBeats(), newReigns(), newClock(c.Now)
	lock, err := lockDir(c.DataDir)
	if err != nil {
		return nil, err
	}
	s.lock = lock
	if s.config.ID, err = identity(c.DataDir, c.ID); err != nil {
		return nil, errors.Join(err, lock.release())
	}
	if err := s.openRaft(fsm.New(fsm.Config{Store: s.store, Logger: c.Logger})); err != nil {
		return nil, errors.Join(err, lock.release())
	}
	s.reads = reads{raft: s.raft, begin: s.beginWrite, end: s.writes.Done, turn: make(chan struct{}, 1)}
	if c.Peers != nil {
		if s.membership, err = s.newMembership(); err != nil {
			return nil, errors.Join(err, s.raft.Shutdown().Error(), s.disk.close(), lock.release())
		}
	}
	s.control = control.New(control.Config{Log: s, Store: s.store, Logger: c.Logger, Simulator: simulator.New(simulator.Config{}), Leases: s, Now: s.clock.Now, Beat: s.beat, Sealer: c.Sealer})
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	s.done.Go(func() { s.followLeadership(ctx) })
	s.done.Go(func() { s.reportBeats(ctx) })
	if s.membership != nil {
		s.done.Go(func() { s.membership.run(ctx) })
		s.done.Go(func() { s.membership.seek(ctx) })
		s.done.Go(func() { s.followReigns(ctx) })
	}
	return s, nil
}

// ID names the server among its peers.
func (s *Server) ID() string { return s.config.ID }

// Control is what the doors call.
func (s *Server) Control() *control.Control { return s.control }

// Ready says whether the server takes calls: a leader stands and its state has caught up. The error
// says what is missing.
func (s *Server) Ready() error {
	if s.leader.Load() == nil && s.leaderHTTP() == "" {
		return fmt.Errorf("no leader yet: server %s is %s", s.config.ID, s.raft.State())
	}
	return nil
}

// Stop ends everything the server started and closes its data directory. Writes under way are
// answered first.
func (s *Server) Stop() error {
	s.stop()
	s.done.Wait()
	s.stopMu.Lock()
	close(s.stopping)
	s.stopMu.Unlock()
	s.writes.Wait()
	err := s.raft.Shutdown().Error()
	if s.membership != nil {
		err = errors.Join(err, s.membership.gossip.Stop())
	}
	return errors.Join(err, s.disk.close(), s.lock.release())
}

func (s *Server) isStopping() bool {
	select {
	case <-s.stopping:
		return true
	default:
		return false
	}
}
