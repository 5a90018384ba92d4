package testutil

import (
	"context"
	"path/filepath"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/process"
)

// agentProcess is a running agent.
type agentProcess struct {
	*agent.Agent
	cancel context.CancelFunc
	ended  chan error
	client *client.Client
}

// StartAgent starts an agent on the data directory of earlier ones with the same name, without
// waiting for anything.
func (c *Cluster) StartAgent(name string) {
	c.t.Helper()
	p := &agentProcess{client: c.NewClient(), ended: make(chan error, 1)}
	var err error
	p.Agent, err = agent.New(agent.Config{
		DataDir: filepath.Join(c.dir, name), Zone: "a", Name: name, Version: "0.1.0",
		Server:  process.OneServer{Client: p.client},
		Runtime: func(instance string) runtime.Runtime { return c.Engine.Runtime(instance) },
		Network: c.Networks.At(name),
		// addresses tell instances apart; nothing connects to them
		Address: func() string { return name },
		Logger:  c.log,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	var ctx context.Context
	ctx, p.cancel = context.WithCancel(context.Background())
	go func() { p.ended <- p.Run(ctx) }()
	c.agents[name] = p
}

// StopAgent ends an agent. To everyone else that looks like a crash: the agent tells nobody, and
// its containers run on.
func (c *Cluster) StopAgent(name string) {
	c.t.Helper()
	p := c.agents[name]
	if p == nil {
		return
	}
	delete(c.agents, name)
	p.cancel()
	if err := <-p.ended; err != nil {
		c.t.Errorf("run agent %s: %v", name, err)
	}
	p.client.Close()
}

// Agent returns a running agent.
func (c *Cluster) Agent(name string) *agent.Agent { return c.agents[name].Agent }

// NewClient returns a client of the server that is running at the time of each call.
func (c *Cluster) NewClient() *client.Client {
	return client.New(client.Config{Address: "http://gantry", Dial: c.dial})
}
