package members

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/gantry-project/gantry/internal/wholefile"
	"github.com/gantry-project/gantry/server/node"
	"github.com/gantry-project/gantry/structs"
)

// A new cluster forms once. When as many servers without raft state see each other as each was told
// to expect, the first of them by id proposes itself and the next ones as the cluster. It
// bootstraps raft once all of them have agreed.
//
// A server that has agreed to one proposer agrees to no other while that proposer lives, not even
// after a restart. So of two sets of servers that have a server in common, only one can form a
// cluster. And a set that lost a server to another set cannot elect a leader with that server's
// vote, because it votes only for members of its own cluster.

// proposal is the set of servers of a new cluster.
type proposal struct {
	By      string   `json:"by"`      // the id of the proposer, one of them
	Servers []string `json:"servers"` // ids, sorted
}

// propose returns the set that self should propose as the first server by id of a new cluster. It
// returns false if it is too early, or if another server should propose.
func propose(self *structs.Member, members []structs.Member) (proposal, bool) {
	var fresh []string
	for _, m := range members {
		switch {
		case m.Role != structs.RoleServer || m.Status != structs.MemberAlive:
		case m.Expect == 0:
			return proposal{}, false // there is a cluster; its leader adds us
		case m.Expect != self.Expect:
			return proposal{}, false // they were started with different values of --bootstrap-expect
		default:
			fresh = append(fresh, m.ID)
		}
	}
	slices.Sort(fresh)
	if self.Expect == 0 || len(fresh) < self.Expect || fresh[0] != self.ID {
		return proposal{}, false
	}
	return proposal{By: self.ID, Servers: fresh[:self.Expect]}, true
}

// Promise records which proposal a server has agreed to. It is kept on disk until the server has
// raft state.
type Promise struct {
	path string

	mu   sync.Mutex
	made proposal // zero if none
}

// OpenPromise reads the promise in a server's folder.
func OpenPromise(dir string) (*Promise, error) {
	p := &Promise{path: filepath.Join(dir, "forming.json")}
	raw, err := wholefile.Read(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &p.made)
	}
	if err != nil {
		return nil, fmt.Errorf("%s, which says what this server agreed to, is damaged or cannot be read (%w); "+
			"if no cluster has formed yet, remove it", p.path, err)
	}
	return p, nil
}

// accept agrees to a proposal, or returns why not. alive reports whether another server is alive.
func (p *Promise) accept(with proposal, alive func(id string) bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.made.By != "" && p.made.By != with.By && alive(p.made.By) {
		return structs.Errorf(structs.KindConflict, "this server has agreed to form a cluster with server %s", p.made.By)
	}
	raw, err := json.Marshal(with)
	if err != nil {
		return err
	}
	if err := wholefile.Write(p.path, raw); err != nil {
		return fmt.Errorf("keep what this server agreed to: %w", err)
	}
	p.made = with
	return nil
}

// Includes reports whether this server has agreed to form a cluster with another one.
func (p *Promise) Includes(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.made.Servers, id)
}

// forget removes the promise of a server that has raft state.
func (p *Promise) forget() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := os.Remove(p.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	p.made = proposal{}
	return nil
}

// form agrees with the others on a new cluster and bootstraps it. If that is not this server's
// task, it does nothing and returns nil.
func (m *Members) form(ctx context.Context) error {
	members := m.gossip.Servers()
	self := m.self()
	with, ok := propose(&self, members)
	if !ok {
		return nil
	}
	byID := map[string]structs.Member{}
	for _, other := range members {
		byID[other.ID] = other
	}
	if err := m.promise.accept(with, m.alive); err != nil {
		return err
	}
	peers := make([]node.Peer, 0, len(with.Servers))
	for _, id := range with.Servers {
		if id != self.ID {
			if err := m.client.accept(ctx, byID[id].HTTP, with); err != nil {
				return fmt.Errorf("server %s does not agree to form a cluster: %w", byID[id].Name, err)
			}
		}
		peers = append(peers, node.Peer{ID: id, Address: byID[id].Raft})
	}
	m.log.Info("forming a new cluster", "servers", with.Servers)
	return m.node.Bootstrap(peers)
}
