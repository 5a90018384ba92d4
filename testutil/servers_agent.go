package testutil

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/link"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/gossip"
	"github.com/gantry-project/gantry/structs"
)

// netAgent is an agent on a host of the network, with its gossip member.
type netAgent struct {
	*agent.Agent
	servers *link.Servers
	gossip  *gossip.Member
	join    []structs.Member // the servers by which it joins
	cancel  context.CancelFunc
	ended   chan error
	met     chan struct{} // closed when it looks for nobody any more
}

// StartAgent starts an agent on a host, which is its name, in a zone.
func (s *Servers) StartAgent(host, zone string, change ...func(*agent.Config)) {
	s.t.Helper()
	s.Network.Boot(host)
	dir := filepath.Join(s.dir, host)
	id, err := link.Identity(dir, structs.DefaultCluster)
	if err != nil {
		s.t.Fatal(err)
	}
	p := &netAgent{ended: make(chan error, 1), met: make(chan struct{})}
	for n := range s.size {
		p.join = append(p.join, structs.Member{ID: s.HTTP(n + 1), HTTP: s.HTTP(n + 1)})
	}
	p.gossip, err = gossip.New(gossip.Config{
		Self: structs.Member{ID: id, Name: host, Role: structs.RoleAgent, Zone: zone}, Bind: host, Port: netGossip,
		Transport: s.Network.Gossip(host, netGossip), DataDir: dir, Logger: s.log.With("agent", host),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	p.servers = link.NewServers(link.ServersConfig{
		Key: id, Zone: zone, Candidates: p.candidates,
		Connect: func(address string) *client.Client {
			return client.New(client.Config{Address: "http://" + address, Dial: s.Network.Dialer(host, agentDial), Now: s.clock(host)})
		},
	})
	config := agent.Config{
		DataDir: dir, Zone: zone, Name: host, Version: "0.1.0", Server: p.servers, Logger: s.log.With("agent", host),
		Runtime: func(instance string) runtime.Runtime { return s.Engine.RuntimeAt(instance, s.clock(host)) }, Now: s.clock(host),
	}
	for _, f := range change {
		f(&config)
	}
	p.Agent, err = agent.New(config)
	if err != nil {
		s.t.Fatal(err)
	}
	var ctx context.Context
	ctx, p.cancel = context.WithCancel(context.Background())
	go func() { p.ended <- p.Run(ctx) }()
	go func() {
		defer close(p.met)
		for p.gossip.Join(s.join()) != nil {
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				return
			}
		}
	}()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.agents[host] = p
}

// candidates are the servers that gossip knows, and those to join by before it knows any.
func (p *netAgent) candidates() []structs.Member {
	servers := slices.DeleteFunc(p.gossip.Members(), func(m structs.Member) bool {
		return m.Role != structs.RoleServer || m.Status != structs.MemberAlive
	})
	if len(servers) > 0 {
		return servers
	}
	return p.join
}

// StopAgent ends an agent, which is no other than a crash to all but its own goroutines; its
// containers run on.
func (s *Servers) StopAgent(host string) {
	s.t.Helper()
	s.Network.Crash(host)
	s.mu.Lock()
	p := s.agents[host]
	delete(s.agents, host)
	s.mu.Unlock()
	s.Engine.Thaw(p.Instance())
	p.cancel()
	if err := <-p.ended; err != nil {
		s.t.Errorf("run agent %s: %v", host, err)
	}
	p.servers.Close()
	if err := p.gossip.Stop(); err != nil {
		s.t.Errorf("stop the gossip of agent %s: %v", host, err)
	}
	<-p.met
}

// Agents are the hosts of the agents that run.
func (s *Servers) Agents() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.agents))
}

// Agent is a running agent; nil where it does not run.
func (s *Servers) Agent(host string) *agent.Agent {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.agents[host]; p != nil {
		return p.Agent
	}
	return nil
}

// Instance is the container instance of an agent.
func (s *Servers) Instance(host string) string { return s.Agent(host).Instance() }
