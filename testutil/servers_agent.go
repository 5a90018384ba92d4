package testutil

import (
	"maps"
	"path/filepath"
	"slices"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/process"
)

// StartAgent starts an agent on a host, after which it is named, in a zone. change may change its
// configuration.
func (s *Servers) StartAgent(host, zone string, change ...func(*agent.Config)) {
	s.t.Helper()
	s.Network.Boot(host)
	config := agent.Config{
		DataDir: filepath.Join(s.dir, host), Zone: zone, Name: host, Version: "0.1.0",
		Runtime: func(instance string) runtime.Runtime { return s.Engine.RuntimeAt(instance, s.clock(host)) },
		Network: s.Networks.At(host),
		Now:     s.clock(host), Logger: s.log.With("agent", host),
	}
	for _, f := range change {
		f(&config)
	}
	p, err := process.NewAgent(process.AgentConfig{
		Agent: config, Addresses: s.addresses(host),
		Hooks: process.AgentHooks{
			Dial: s.Network.Dialer(host, agentDial), Gossip: s.Network.Gossip(host, process.DefaultGossipPort),
		},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	p.Start()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.agents[host] = p
}

// StopAgent ends an agent. To everyone else that looks like a crash; its containers run on.
func (s *Servers) StopAgent(host string) {
	s.t.Helper()
	s.Network.Crash(host)
	s.mu.Lock()
	p := s.agents[host]
	delete(s.agents, host)
	s.mu.Unlock()
	s.Engine.Thaw(p.Instance())
	if err := p.Stop(); err != nil {
		s.t.Errorf("run agent %s: %v", host, err)
	}
}

// Agents returns the hosts of the agents that run.
func (s *Servers) Agents() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.agents))
}

// Agent returns the agent of a host, or nil if it does not run.
func (s *Servers) Agent(host string) *agent.Agent {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.agents[host]; p != nil {
		return p.Core()
	}
	return nil
}
