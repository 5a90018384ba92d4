package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/connect"
	"github.com/gantry-project/gantry/agent/names"
	tasknetwork "github.com/gantry-project/gantry/agent/network"
	"github.com/gantry-project/gantry/dns"
)

// clusterNames is this process's DNS server and Service Connect, and what gives them to the
// containers of instances.
type clusterNames struct {
	server  *dns.Server
	connect *connect.Connect

	mu sync.Mutex
	of map[string]*names.Names // by instance
}

func newClusterNames(log *slog.Logger) *clusterNames {
	server := dns.New(dns.Config{Logger: log})
	return &clusterNames{
		server: server, connect: connect.New(connect.Config{DNS: server, Logger: log}), of: map[string]*names.Names{},
	}
}

// listen answers the machine itself at an address; empty: nowhere.
func (c *clusterNames) listen(address string) error {
	if address == "" {
		return nil
	}
	packets, streams, err := dns.Listen(address)
	if err != nil {
		return fmt.Errorf("--dns-address: %w", err)
	}
	c.server.Serve(packets, streams)
	return nil
}

// namesOf returns what gives the containers of an instance their resolver.
func (m *machine) namesOf(c agent.Config, instance string) *names.Names {
	m.names.mu.Lock()
	defer m.names.mu.Unlock()
	if m.names.of[instance] == nil {
		m.names.of[instance] = names.New(names.Config{
			Cluster: c.Cluster, Server: m.names.server, Connect: m.names.connect, Logger: c.Logger,
			Open: func(ctx context.Context) (names.Place, error) {
				return tasknetwork.OpenEndpoint(ctx, tasknetwork.EndpointConfig{
					Instance: instance, DataDir: c.DataDir, Engine: m.engine.ForInstance(instance), Logger: c.Logger,
				})
			},
		})
	}
	return m.names.of[instance]
}

// resolver returns what says which resolver the awsvpc tasks of an instance have.
func (m *machine) resolver(c agent.Config, instance string) func() (string, []string) {
	return func() (string, []string) { return m.namesOf(c, instance).Resolver(context.Background()) }
}

// traffic returns what gets frames of traffic.
func (m *machine) traffic() []agent.TrafficReceiver { return []agent.TrafficReceiver{m.names.connect} }
