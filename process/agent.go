package process

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"sync"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/link"
	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/gossip"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/structs"
)

// AgentConfig is what an Agent needs.
type AgentConfig struct {
	// Agent is the configuration of the agent itself. NewAgent fills in Server, Join,
	// OwnPorts and Address.
	// Logger is required.
	Agent agent.Config
	Addresses
	// Key is the agents' part of the cluster's secret. Nil: no TLS, and gossip in the clear.
	Key *security.AgentKey
	// Hooks are for tests.
	Hooks AgentHooks
}

// AgentHooks replace what an agent takes from its machine. Each may be nil.
type AgentHooks struct {
	// Dial opens connections to servers.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Gossip carries gossip.
	Gossip gossip.Transport
}

// Agent is an agent that finds servers by gossip. Make it with NewAgent, start it once with Start.
type Agent struct {
	outcome
	config   AgentConfig
	log      *slog.Logger
	agent    *agent.Agent
	servers  *link.Servers
	instance string

	certificate *security.AgentCertificate // nil: no TLS

	gossip *gossip.Member // nil before joined is closed
	joined chan struct{}

	cancel  context.CancelFunc
	running sync.WaitGroup
}

// NewAgent finds out which container instance this is. The agent does nothing until Start.
func NewAgent(c AgentConfig) (_ *Agent, err error) {
	c.Agent.Cluster = cmp.Or(c.Agent.Cluster, structs.DefaultCluster)
	if c.Agent.Name, err = hostName(c.Agent.Name); err != nil {
		return nil, err
	}
	if err := CheckDisk(c.Agent.DataDir); err != nil {
		return nil, err
	}
	a := &Agent{outcome: newOutcome(), config: c, log: c.Agent.Logger, joined: make(chan struct{})}
	if a.instance, err = link.Identity(c.Agent.DataDir, c.Agent.Cluster); err != nil {
		return nil, err
	}
	if c.Key != nil {
		if a.certificate, err = security.NewAgentCertificate(*c.Key); err != nil {
			return nil, err
		}
	}
	a.servers = link.NewServers(link.ServersConfig{
		Key: a.instance, Zone: c.Agent.Zone, Candidates: a.candidates, Connect: a.connect,
	})
	config := c.Agent
	config.Server, config.Join, config.OwnPorts, config.Address = a.servers, a.join, a.ownPorts, a.address
	if a.agent, err = agent.New(config); err != nil {
		return nil, err
	}
	return a, nil
}

// Start begins to look for servers and to run tasks. Servers may come later.
func (a *Agent) Start() {
	var ctx context.Context
	ctx, a.cancel = context.WithCancel(context.Background())
	a.running.Go(func() { a.end(a.agent.Run(ctx)) })
}

// Stop ends the agent without leaving gossip: it is expected back, and its containers run on. It
// returns why the agent failed, if it did.
func (a *Agent) Stop() error {
	a.cancel()
	a.running.Wait()
	a.servers.Close()
	if a.gossip != nil {
		return errors.Join(a.Err(), a.gossip.Stop())
	}
	return a.Err()
}

// Core returns the agent itself.
func (a *Agent) Core() *agent.Agent { return a.agent }

// Name returns the name of the agent for people.
func (a *Agent) Name() string { return a.config.Agent.Name }

// Instance returns the id of the container instance.
func (a *Agent) Instance() string { return a.instance }

// Joined is closed when the agent can call servers, and takes part in gossip.
func (a *Agent) Joined() <-chan struct{} { return a.joined }

// hasJoined reports whether gossip may be used.
func (a *Agent) hasJoined() bool {
	select {
	case <-a.joined:
		return true
	default:
		return false
	}
}

// ownPorts returns the port of gossip, and those of a server on this machine if this agent joins by
// it.
func (a *Agent) ownPorts() []structs.Port {
	return a.config.ownPorts(a.gossip.Address())
}

// address returns the host at which others reach this machine.
func (a *Agent) address() string {
	host, _, _ := net.SplitHostPort(a.gossip.Address())
	return host
}

// ownPorts returns the ports in use by Gantry on the machine of an agent whose gossip listens at an
// address.
func (a *Addresses) ownPorts(gossip string) []structs.Port {
	ports := slices.Concat(portsOf("tcp", gossip), portsOf("udp", gossip))
	for _, server := range a.gossipAddresses(DefaultGossipPort) {
		if host, _, _ := net.SplitHostPort(server); host == a.Bind || host == a.Advertise {
			tcp := portsOf("tcp", server, a.Listens(a.HTTPPort), a.Listens(DefaultRaftPort))
			ports = slices.Concat(ports, tcp, portsOf("udp", server))
		}
	}
	return ports
}

// candidates returns the servers that gossip knows. Before it knows any, it returns those of Join,
// on the HTTP port.
func (a *Agent) candidates() (servers []structs.Member) {
	if a.hasJoined() {
		servers = slices.DeleteFunc(a.gossip.Servers(), func(m structs.Member) bool {
			return m.Status != structs.MemberAlive
		})
	}
	if len(servers) > 0 {
		return servers
	}
	for _, address := range a.config.Join {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			host = address
		}
		http := net.JoinHostPort(host, strconv.Itoa(a.config.HTTPPort))
		servers = append(servers, structs.Member{ID: http, HTTP: http})
	}
	return servers
}

func (a *Agent) connect(address string) *client.Client {
	config := client.Config{Address: "http://" + address, Dial: a.config.Hooks.Dial, Now: a.config.Agent.Now}
	if a.certificate != nil {
		config.Address, config.TLS, config.Agent = "https://"+address, a.certificate.DialServers(), true
	}
	return client.New(config)
}
