package members

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/gantry-project/gantry/server/node"
	"github.com/gantry-project/gantry/structs"
)

// strangerGrace is how long a new leader keeps a peer that gossip does not know: after a restart of
// all servers, gossip may come later than raft.
const strangerGrace = 30 * time.Second

// Known returns the servers that gossip knows and, for a while, peers that it may not know yet
// (node.Membership).
func (m *Members) Known() []structs.Member {
	known := m.gossip.Servers()
	if time.Since(m.leadsSince) >= strangerGrace {
		return known
	}
	for _, p := range m.node.Peers() {
		if !slices.ContainsFunc(known, func(s structs.Member) bool { return s.ID == p.ID }) {
			known = append(known, structs.Member{ID: p.ID, Raft: p.Address, Status: structs.MemberAlive})
		}
	}
	return known
}

// StatsOf asks servers for their progress. Servers that do not answer are missing from the result
// (node.Membership).
func (m *Members) StatsOf(ctx context.Context, ids []string) map[string]node.Stats {
	var mu sync.Mutex
	var asking sync.WaitGroup
	all := map[string]node.Stats{}
	for _, id := range ids {
		asking.Go(func() {
			stats, err := m.stats(ctx, id)
			if err != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			all[id] = stats
		})
	}
	asking.Wait()
	return all
}

// stats asks a server for its progress.
func (m *Members) stats(ctx context.Context, id string) (node.Stats, error) {
	if id == m.id {
		return m.node.Stats(), nil
	}
	s, ok := m.gossip.Server(id)
	if !ok || s.Status != structs.MemberAlive {
		return node.Stats{}, structs.Errorf(structs.KindUnavailable, "server %s does not answer", id)
	}
	return m.client.stats(ctx, s.HTTP, id)
}

// RemoveFailed removes a dead server from gossip too, which still counts failed members as servers
// (node.Membership).
func (m *Members) RemoveFailed(id, name string) {
	m.log.Info("removing a dead server", "server", id, "name", name)
	go func() {
		if err := m.gossip.Forget(id); err != nil {
			m.log.Warn("could not make gossip forget a dead server", "server", id, "error", err)
		}
	}()
}
