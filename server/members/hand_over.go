package members

import (
	"context"
	"time"

	"github.com/gantry-project/gantry/server/node"
	"github.com/gantry-project/gantry/structs"
)

// handOver makes another server the leader if this one is.
func (m *Members) handOver(ctx context.Context) error {
	for m.node.Leads() {
		if to, ok := m.successor(ctx); ok {
			if err := m.node.Transfer(to); err != nil {
				m.log.Warn("could not hand over leadership; trying again", "to", to.ID, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return structs.Errorf(structs.KindUnavailable, "no other server has taken over leadership; nothing was done")
		case <-time.After(leaveLook):
		}
	}
	return nil
}

// successor returns a voter that has the whole log, so it can lead at once. A transfer to a server
// that lags waits for it, perhaps in vain (node.Node.Transfer).
func (m *Members) successor(ctx context.Context) (node.Peer, bool) {
	last := m.node.Stats().LastIndex
	for _, p := range m.node.Peers() {
		if p.ID == m.id || !p.Voter {
			continue
		}
		if stats, err := m.stats(ctx, p.ID); err == nil && stats.LastIndex >= last {
			return p, true
		}
	}
	return node.Peer{}, false
}
