package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

// devID is the id of the only server of a Dev.
const devID = "dev"

// DevConfig is what a Dev needs.
type DevConfig struct {
	// Agent is the configuration of the agent; the server shares its DataDir, Name, Zone, Version
	// and Logger. Logger is required. An empty DataDir is a temporary one, which Stop removes
	// together with all containers. NewDev fills in Server, OwnPorts and
	// Address.
	Agent agent.Config
	// HTTPAddr is where the APIs listen, as host:port. Port 0 picks a free one.
	HTTPAddr string
	// TaskNetwork is the server's.
	TaskNetwork structs.TaskNetwork
	// Fargate is as in ServerConfig.
	Fargate structs.FargateSizes
	// Ingress is as in ServerConfig.
	Ingress structs.Ingress
}

// Dev is a whole cluster in one process: a server that takes any caller, and an agent. Make it with
// NewDev, start it once with Start.
type Dev struct {
	*outcome // the server's
	server   *Server
	agent    *agent.Agent
	client   *client.Client
	dataDir  string
	temp     bool // dataDir is to be removed
	cluster  string

	config agent.Config

	cancel context.CancelFunc
	ended  chan struct{}  // closed when the agent has ended
	work   sync.WaitGroup // what Start began besides
}

// NewDev opens the listener and the data directory, and starts the server behind them.
func NewDev(c DevConfig) (*Dev, error) {
	d := &Dev{dataDir: c.Agent.DataDir, cluster: c.Agent.Cluster, ended: make(chan struct{})}
	listener, err := net.Listen("tcp", c.HTTPAddr)
	if err != nil {
		return nil, err
	}
	if d.dataDir == "" {
		d.temp = true
		if d.dataDir, err = os.MkdirTemp("", tempPrefix); err != nil {
			return nil, errors.Join(err, listener.Close())
		}
	}
	d.server, err = newServer(ServerConfig{
		DataDir: d.dataDir, Name: c.Agent.Name, Zone: c.Agent.Zone, Version: c.Agent.Version,
		TaskNetwork: c.TaskNetwork, Alone: true, Fargate: c.Fargate, Ingress: c.Ingress, Logger: c.Agent.Logger,
		Hooks: ServerHooks{ID: devID, Listen: func(string) (net.Listener, error) { return listener, nil }},
	}, func(doors *doors) {
		doors.ready = d.Ready
		doors.front = func(w http.ResponseWriter, _ *http.Request) { d.Usage(w) }
	})
	if err != nil {
		return nil, errors.Join(err, d.removeTemp())
	}
	d.outcome = &d.server.outcome
	if err := d.newAgent(c.Agent); err != nil {
		return nil, errors.Join(err, d.server.Kill(), d.removeTemp())
	}
	return d, nil
}

func (d *Dev) newAgent(config agent.Config) (err error) {
	d.client = client.New(client.Config{Address: d.URL()})
	config.DataDir, config.Name = d.dataDir, d.server.Name()
	config.Server = OneServer{d.client}
	// where the ports of tasks are reached from here
	config.Address = func() string { return "127.0.0.1" }
	config.OwnPorts = func() []structs.Port { return portsOf("tcp", d.server.address()) }
	d.config = config
	d.agent, err = agent.New(config)
	return err
}

// Start begins to take calls and to run tasks.
func (d *Dev) Start() {
	var ctx context.Context
	ctx, d.cancel = context.WithCancel(context.Background())
	d.server.Start()
	go func() {
		defer close(d.ended)
		if err := d.agent.Run(ctx); err != nil {
			d.end(err)
		}
	}()
	if d.temp {
		d.work.Go(func() { removeKilled(ctx, d.config) })
	}
}

// Stop ends the agent, the doors and the server, and removes a temporary data directory with all
// containers. Calls under way are cut off when ctx ends. Like Server.Stop it returns at once when
// the server fails.
func (d *Dev) Stop(ctx context.Context) error {
	d.cancel()
	return d.server.inOrder(func() error {
		<-d.ended
		d.work.Wait()
		var err error
		if d.temp {
			err = d.agent.StopAll(ctx)
		}
		d.client.Close()
		return errors.Join(err, d.server.stop(ctx), d.removeTemp())
	})
}

func (d *Dev) removeTemp() error {
	if !d.temp {
		return nil
	}
	return os.RemoveAll(d.dataDir)
}

// DataDir returns the directory that keeps the state, and whether Stop removes it.
func (d *Dev) DataDir() (dir string, temporary bool) { return d.dataDir, d.temp }

// Broken reports whether the server has failed in a way that leaves nothing to stop in order.
func (d *Dev) Broken() bool { return d.server.Broken() }

// URL returns the address of the APIs.
func (d *Dev) URL() string { return d.server.URL() }

// Ready returns why the cluster cannot run tasks yet, or nil.
func (d *Dev) Ready() error {
	if err := d.server.Ready(); err != nil {
		return err
	}
	if !d.agent.Ready() {
		return errors.New("the agent has not registered its container instance yet")
	}
	return nil
}

// Usage prints how to call the cluster.
func (d *Dev) Usage(w io.Writer) {
	fmt.Fprintf(w, `This address serves the Amazon ECS API and accepts any credentials. In a shell:

  export AWS_ACCESS_KEY_ID=dev AWS_SECRET_ACCESS_KEY=dev AWS_DEFAULT_REGION=us-east-1
  aws --endpoint-url %s ecs list-container-instances --cluster %s

`, d.URL(), d.cluster)
}
