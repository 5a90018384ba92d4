package members

import (
	"context"
	"slices"
	"time"

	"github.com/gantry-project/gantry/server/node"
	"github.com/gantry-project/gantry/structs"
)

const (
	// leaveWait is how long at most a leaving server waits for the leader to remove it.
	leaveWait = 30 * time.Second
	// leaveLook is how often the server asks to be removed, and checks whether another one leads.
	leaveLook = 200 * time.Millisecond
	// leaveHeld is how long the leader treats a server as leaving after its last request: longer
	// than a goodbye takes.
	leaveHeld = 10 * time.Second
)

// Leave takes this server out of the cluster for good. It hands over leadership, waits until the
// leader has removed this server from the peers, and says goodbye by gossip. It is refused, and
// nothing changes, if the others could not continue without this server. The removal is complete
// when the others have agreed to it without this server. If they do not agree in time, this server
// stays. Otherwise Left is closed at the end, and the process should exit. A new start on the same
// data directory joins again.
func (m *Members) Leave(ctx context.Context) error {
	// The node's Stop waits for End: gossip must not be stopped in the middle of a goodbye.
	if !m.node.Begin() {
		return structs.Errorf(structs.KindUnavailable, "this server is being stopped; nothing was done")
	}
	defer m.node.End()
	// Half a leave is worse than one whose caller is gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveWait)
	defer cancel()
	go func() {
		select {
		case <-m.node.Stopping():
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := m.mayLeave(ctx); err != nil {
		return err
	}
	m.log.Info("leaving the cluster", "server", m.id)
	if err := m.awaitRemoval(ctx); err != nil {
		return err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := m.gossip.Leave(); err != nil {
			m.log.Warn("could not say goodbye to all servers; some may take this one for dead first", "error", err)
		}
	}()
	for waits := true; waits; {
		m.askToLeave(ctx) // a leader that forgot about it would add this server again
		select {
		case <-done:
			waits = false
		case <-time.After(leaveLook):
		}
	}
	m.log.Info("left the cluster", "server", m.id)
	// gossip cannot take a goodbye back, so the process ends
	m.leftOnce.Do(func() { close(m.left) })
	return nil
}

// awaitRemoval waits until this server is removed from the peers.
func (m *Members) awaitRemoval(ctx context.Context) error {
	for {
		if err := m.handOver(ctx); err != nil {
			return err
		}
		if m.askToLeave(ctx) {
			return nil
		}
		select {
		case <-ctx.Done():
			return structs.Errorf(structs.KindUnavailable,
				"no leader has removed this server from the raft peers, with the agreement of enough of the others; "+
					"so it stays. See `gantry server raft`, and try again.")
		case <-time.After(leaveLook):
		}
	}
}

// Left is closed when the server has left the cluster.
func (m *Members) Left() <-chan struct{} { return m.left }

// mayLeave returns an error if the other servers could not continue without this one.
func (m *Members) mayLeave(ctx context.Context) error {
	is, stay, answer := false, 0, 0
	for _, p := range m.node.Peers() {
		if p.ID == m.id {
			is = true
			continue
		}
		if !p.Voter {
			continue
		}
		stay++
		if _, err := m.stats(ctx, p.ID); err == nil {
			answer++
		}
	}
	switch need := stay/2 + 1; {
	case !is:
		return structs.Errorf(structs.KindConflict, "this server is not a peer of a cluster; stop it instead")
	case stay == 0:
		return structs.Errorf(structs.KindConflict,
			"this server is the only one with a vote: without it the cluster ends. Stop it instead, or add others first.")
	case answer < need:
		return structs.Errorf(structs.KindConflict,
			"of the %d servers that would stay, %d answer, and %d are needed for a quorum: "+
				"without this one the cluster would stand still. Start the others first, or new ones in their place.",
			stay, answer, need)
	}
	return nil
}

// askToLeave asks the leader to remove this server, and reports whether it is no longer a peer.
func (m *Members) askToLeave(ctx context.Context) bool {
	for _, s := range m.gossip.Servers() {
		if s.ID == m.id {
			continue
		}
		if gone, err := m.client.leave(ctx, s.HTTP, m.id); err == nil && gone {
			return true
		}
	}
	return false
}

// letLeave treats a server as leaving for a while, and reports whether it is gone from the peers
// for good, that is, whether the others have agreed. Only the leader knows.
func (m *Members) letLeave(id string) (gone bool, err error) {
	if !m.node.Leads() {
		return false, structs.ErrNoLeader()
	}
	m.holdLeaving(id)
	if slices.ContainsFunc(m.node.Peers(), func(p node.Peer) bool { return p.ID == id }) {
		return false, nil
	}
	// The removal may not be committed yet, and raft (1.7.3) does not expose its index. But entries
	// after it are committed after it.
	err = m.node.Barrier()
	return err == nil, err
}

func (m *Members) holdLeaving(id string) {
	m.leavingMu.Lock()
	defer m.leavingMu.Unlock()
	m.leaving[id] = time.Now()
}

// leaves reports whether a server is leaving the cluster: it has said goodbye, or has just asked to
// be removed.
func (m *Members) leaves(s *structs.Member) bool {
	m.leavingMu.Lock()
	defer m.leavingMu.Unlock()
	asked, is := m.leaving[s.ID]
	if is && time.Since(asked) > leaveHeld {
		delete(m.leaving, s.ID)
		is = false
	}
	return is || s.Status == structs.MemberLeft
}
