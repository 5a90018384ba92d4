package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/state"
)

// Raft's times on a LAN (design: writes go on 0.7 s after the leader is lost; the library's
// defaults need 2.2 s).
const (
	electionTimeout = 300 * time.Millisecond
	// leaseTimeout is how long a leader continues without hearing from a majority. It is as long as
	// the others wait: reads ask them anyway (readIndex), and a leader that gives up because its
	// machine is busy leaves even more work to the next.
	leaseTimeout = electionTimeout
)

const (
	// raftTimeout limits one exchange of raft with a peer. raftPool is the number of connections
	// kept to each peer.
	raftTimeout = 2 * time.Second
	raftPool    = 3
	// logCache is how many of the newest log entries stay in memory.
	logCache = 1024
	// snapshotLook is how often raft checks whether 8,192 entries have come since the last
	// snapshot; raft stretches it to up to twice as long. A server that has just started applies
	// those entries again, at some 50,000 a second. Until then it cannot lead, and with many of
	// them it cannot vote.
	snapshotLook = 10 * time.Second
)

// Config holds what a node needs. Fields are required unless their comment describes nil.
type Config struct {
	// Dir is the server's data directory. The caller closes it after Stop.
	Dir *Dir
	// Store is the state that the log is applied to. The node is its only writer.
	Store *state.Store
	// Link makes the node one of several. If nil, the node is a cluster of its own that no other
	// can join.
	Link *Link
	// SlowDisk, for tests, if not nil, is called before every write to the log and the snapshots.
	// The write continues when it returns.
	SlowDisk func()
	Logger   *slog.Logger
}

// Link describes how a node reaches the others.
type Link struct {
	// Listener accepts raft's connections, with TLS if TLS is set. The node closes it.
	Listener net.Listener
	// Advertise is the host:port at which other servers reach it.
	Advertise string
	// Dial connects to another server.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// TLS is the configuration of connections to other servers. Nil means no TLS.
	TLS *tls.Config
	// Promised reports whether this server has agreed to form a new cluster with another one. It is
	// called while raft has no peers.
	Promised func(id string) bool
}

// Node is a running raft node. Safe for concurrent use.
type Node struct {
	id    string
	dir   *Dir
	log   *slog.Logger
	store *state.Store
	disk  *disk
	raft  *raft.Raft
	reads readIndex

	leaderContext *leaderContext
	following     sync.WaitGroup // followLeader

	// transferBegan is when the newest transfer of leadership began; nil if there was none.
	transferBegan atomic.Pointer[time.Time]
	failed        chan error // capacity 1

	stopMu   sync.Mutex     // no call begins while stopping is being closed
	stopping chan struct{}  // closed by Stop
	calls    sync.WaitGroup // between Begin and End
}

// Open opens the data on disk and starts raft. Without a Link, a new server bootstraps a cluster of
// its own. With one, Bootstrap does so when the time has come.
func Open(c Config) (*Node, error) {
	n := &Node{
		id: c.Dir.ID, dir: c.Dir, log: c.Logger, store: c.Store,
		leaderContext: newLeaderContext(), failed: make(chan error, 1), stopping: make(chan struct{}),
	}
	if err := n.open(&c); err != nil {
		return nil, err
	}
	n.reads = readIndex{node: n, turn: make(chan struct{}, 1)}
	if c.Link != nil {
		n.followLeader()
	}
	return n, nil
}

func (n *Node) open(c *Config) error {
	dir := n.dir.Path()
	if err := removeUnfinished(dir); err != nil {
		return err
	}
	d, err := openDisk(dir, n.log)
	if err != nil {
		return err
	}
	transport := n.transport(c.Link)
	writes := &diskWrites{d.logs, d.snapshots.covered, c.SlowDisk, n.diskFailed}
	machine := fsm.New(fsm.Config{Store: c.Store, Logger: c.Logger})
	config := n.raftConfig()
	node, err := startRaft(config, machine, writes, &diskSnapshots{d.snapshots, writes}, transport, c.Link == nil)
	if err != nil {
		return errors.Join(damage("the newest snapshot, or the raft log, in "+dir, err, dir), d.close())
	}
	if err := checkMember(node, config.LocalID); err != nil && c.Link == nil {
		return errors.Join(fmt.Errorf("start raft on data directory %s: %w", dir, err), node.Shutdown().Error(), d.close())
	}
	n.disk, n.raft = d, node
	if guard, is := transport.(*voteGuard); is {
		guard.node.Store(node)
	}
	return nil
}

func (n *Node) raftConfig() *raft.Config {
	config := raft.DefaultConfig()
	config.LocalID = raft.ServerID(n.id)
	config.HeartbeatTimeout = electionTimeout
	config.ElectionTimeout = electionTimeout
	config.LeaderLeaseTimeout = leaseTimeout
	config.BatchApplyCh = true
	config.SnapshotInterval = snapshotLook
	config.ShutdownOnRemove = false // raft would leave open some files that Stop closes
	config.Logger = raftLogger(n.log)
	return config
}

// transport returns the transport to the other servers; without a link there are none.
func (n *Node) transport(link *Link) raft.Transport {
	if link == nil {
		_, transport := raft.NewInmemTransport(raft.ServerAddress(n.id))
		return transport
	}
	return newVoteGuard(n.id, link.Promised, raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		Stream: &raftStream{Listener: link.Listener, advertise: link.Advertise, dial: link.Dial, tls: link.TLS},
		// A heartbeat that hangs must not hold up the next one for long; snapshots get more time
		// according to their size.
		Timeout: raftTimeout, MaxPool: raftPool, Logger: raftLogger(n.log),
		// One at a time. With more, raft (1.7.3) may wait forever for a place in a pipeline whose
		// answers nobody reads any more, because the follower refused one of them. That follower
		// then gets no entries from this leader, and the leader does not stop.
		MaxRPCsInFlight: 1,
	}))
}

// startRaft starts raft. If alone is set and there is no cluster yet, it first bootstraps one of
// this node alone.
func startRaft(
	config *raft.Config, machine *fsm.FSM, writes *diskWrites, snapshots raft.SnapshotStore,
	transport raft.Transport, alone bool,
) (node *raft.Raft, err error) {
	defer func() {
		// raft panics if the snapshot that it fell back to needs a missing entry
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	cached, err := raft.NewLogCache(logCache, writes)
	if err != nil {
		return nil, err
	}
	known, err := raft.HasExistingState(cached, writes, snapshots)
	if err != nil {
		return nil, err
	}
	if !known && alone {
		itself := raft.Configuration{Servers: []raft.Server{{ID: config.LocalID, Address: transport.LocalAddr()}}}
		if err := raft.BootstrapCluster(config, cached, writes, snapshots, transport, itself); err != nil {
			return nil, err
		}
	}
	return raft.NewRaft(config, machine, cached, writes, snapshots, transport)
}

// checkMember returns an error if a server with this id can never lead with the data on its disk.
func checkMember(node *raft.Raft, id raft.ServerID) error {
	future := node.GetConfiguration()
	if err := future.Error(); err != nil {
		return err
	}
	var names []string
	for _, member := range future.Configuration().Servers {
		if member.ID == id && member.Suffrage == raft.Voter {
			return nil
		}
		names = append(names, fmt.Sprintf("%q (%s)", member.ID, member.Suffrage))
	}
	return fmt.Errorf("it was made by the servers %s, and %q is not one of them: "+
		"start it with the id that it was made with; if you did, it is damaged", strings.Join(names, ", "), id)
}

// ID names the server among its peers.
func (n *Node) ID() string { return n.id }

// Begin registers a call that Stop waits for, and reports whether it may begin: false once the node
// is stopping. Each call that begins ends with End. Raft does not answer calls that its shutdown
// interrupts, so Stop lets them end first.
func (n *Node) Begin() bool {
	n.stopMu.Lock()
	defer n.stopMu.Unlock()
	select {
	case <-n.stopping:
		return false
	default:
	}
	n.calls.Add(1)
	return true
}

// End ends a call that Begin registered.
func (n *Node) End() { n.calls.Done() }

// Stopping is closed when Stop begins.
func (n *Node) Stopping() <-chan struct{} { return n.stopping }

// Stop ends raft and closes its files. Calls in progress are answered first.
func (n *Node) Stop() error {
	n.stopMu.Lock()
	close(n.stopping)
	n.stopMu.Unlock()
	n.calls.Wait()
	n.following.Wait()
	return errors.Join(n.raft.Shutdown().Error(), n.disk.close())
}
