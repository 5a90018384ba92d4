package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/link"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/gossip"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/structs"
)

// retry is the pause before a simulated agent asks again for what no server gave.
const retry = time.Second

// simulated is one agent: the real one with its own identity, certificate, connections and gossip
// member, on a simulated runtime.
//
// It is not a process.Agent, which looks through gossip for a server every second and keeps the
// members on disk: that is cheap once on a machine, but not 2,000 times in one process.
type simulated struct {
	options *options
	log     *slog.Logger
	shared  *shared
	name    string
	zone    string
	gossip  netip.AddrPort // where its gossip member listens

	instance    string
	servers     *link.Servers
	certificate *security.AgentCertificate // nil with --insecure

	mu     sync.Mutex
	member *gossip.Member // nil until enrolled
	agent  *agent.Agent   // likewise
}

// shared is what all agents of the process share.
type shared struct {
	behaviour *behaviour
	gate      *gate
	meter     *meter
	buffers   *sync.Pool
	key       *security.AgentKey // nil with --insecure
}

// run runs the agent until ctx ends.
func (s *simulated) run(ctx context.Context) (err error) {
	dir := filepath.Join(s.options.dataDir, s.name)
	if s.instance, err = link.Identity(dir, s.options.cluster); err != nil {
		return err
	}
	s.servers = link.NewServers(link.ServersConfig{Key: s.instance, Zone: s.zone, Candidates: s.candidates, Connect: s.connect})
	defer s.servers.Close()
	if err := s.join(ctx); err != nil {
		return err
	}
	engine := s.shared.behaviour.engine(s.name)
	a, err := agent.New(agent.Config{
		DataDir: dir, Cluster: s.options.cluster, Zone: s.zone, Name: s.name, Version: version, Server: gated{s.servers, s.shared.gate}, Logger: s.log,
		Runtime:       func(instance string) runtime.Runtime { return engine.Runtime(instance) },
		ReservedPorts: []structs.Port{},
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.agent = a
	s.mu.Unlock()
	go s.meet(ctx)
	return a.Run(ctx)
}

// join gets a certificate where TLS is on, and starts gossip.
func (s *simulated) join(ctx context.Context) (err error) {
	config := gossip.Config{
		Self: structs.Member{ID: s.instance, Name: s.name, Role: structs.RoleAgent, Zone: s.zone, Version: version, Cluster: s.options.cluster},
		Bind: s.gossip.Addr().String(), Port: int(s.gossip.Port()), Logger: s.log,
	}
	if s.shared.key != nil {
		if s.certificate, err = security.NewAgentCertificate(*s.shared.key); err != nil {
			return err
		}
		if config.Key, err = s.enrol(ctx); err != nil {
			return err
		}
	}
	if config.Transport, err = listenGossip(s.gossip, s.shared.meter, s.shared.buffers); err != nil {
		return err
	}
	member, err := gossip.New(config)
	if err != nil {
		return errors.Join(err, config.Transport.Shutdown())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.member = member
	return nil
}

// enrol asks for a certificate until a server gives one. Certificates outlive the process, so none
// is renewed.
func (s *simulated) enrol(ctx context.Context) (gossipKey []byte, err error) {
	for {
		request, err := s.certificate.Request(time.Now())
		if err != nil {
			return nil, err
		}
		given, err := s.servers.Enrol(ctx, s.instance, request)
		if err == nil {
			return given.GossipKey, s.certificate.Take(given.Chain)
		}
		if structs.KindOf(err) == structs.KindAccessDenied {
			return nil, fmt.Errorf("ask for a certificate: %w", err)
		}
		s.log.Warn("no server gives a certificate yet; trying again", "agent", s.name, "error", err)
		if !pause(ctx, retry) {
			return nil, ctx.Err()
		}
	}
}

// meet joins gossip, and tries again until a server answers.
func (s *simulated) meet(ctx context.Context) {
	for s.member.Join(s.options.gossipAddresses()) != nil {
		s.log.Warn("no server answers by gossip yet; trying again", "agent", s.name)
		if !pause(ctx, retry) {
			return
		}
	}
}

// candidates returns the servers that gossip knows, or before it knows any, those of --join.
func (s *simulated) candidates() (servers []structs.Member) {
	s.mu.Lock()
	member := s.member
	s.mu.Unlock()
	if member != nil {
		servers = slices.DeleteFunc(member.Servers(), func(m structs.Member) bool {
			return m.Status != structs.MemberAlive
		})
	}
	if len(servers) > 0 {
		return servers
	}
	for _, host := range s.options.hosts() {
		http := net.JoinHostPort(host, strconv.Itoa(s.options.httpPort))
		servers = append(servers, structs.Member{ID: http, HTTP: http})
	}
	return servers
}

func (s *simulated) connect(address string) *client.Client {
	if s.certificate == nil {
		return client.New(client.Config{Address: "http://" + address, Dial: s.shared.meter.dial})
	}
	return client.New(client.Config{Address: "https://" + address, Dial: s.shared.meter.dial, TLS: s.certificate.DialServers(), Agent: true})
}

// ready reports whether the instance is registered and knows its tasks.
func (s *simulated) ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.agent != nil && s.agent.Ready()
}

// leave leaves gossip.
func (s *simulated) leave() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.member == nil {
		return nil
	}
	return errors.Join(s.member.Leave(), s.member.Stop())
}

// pause waits, and reports false if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
