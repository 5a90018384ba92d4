package agent

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	goruntime "runtime"
	"slices"
	"time"

	"github.com/gantry-project/gantry/agent/images"
	"github.com/gantry-project/gantry/agent/link"
	"github.com/gantry-project/gantry/agent/logs"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/sink"
	"github.com/gantry-project/gantry/agent/task"
	"github.com/gantry-project/gantry/balancer"
	"github.com/gantry-project/gantry/structs"
)

// Config holds what an agent needs.
type Config struct {
	DataDir string // required; the agent keeps its state under agent/ in it
	Cluster string // empty: the default cluster
	Zone    string // availability zone; empty: none
	Region  string // that tasks find in their variables and ARNs; empty: us-east-1
	Name    string // for people; empty: the host's name
	// CapacityProvider is the name of the provider that this machine belongs to; empty if none.
	CapacityProvider string
	GPUs             []string            // ids of the GPUs that tasks may have
	Attributes       []structs.Attribute // custom ones, besides the agent's own
	Version          string              // of this program
	Commit           string              // from which this program was built; may be empty

	Server link.Server // required
	// Join, if not nil, is called by Run before the first call of Server. It gets what these calls
	// need, and waits for a server as long as it takes.
	Join func(ctx context.Context) error
	// Runtime returns the runtime of an instance, which sees only that instance's containers.
	// Required.
	Runtime func(instance string) runtime.Runtime
	// Images says when images are pulled, with whose credentials, and when they are removed again.
	Images images.Config
	// Logs says how much of the output of containers is kept; nil: nothing is.
	Logs *logs.Config
	// LogSinks are where the output of containers is shipped to.
	LogSinks []sink.Sink
	// Resources returns what the tasks of an instance may need besides containers, for an agent
	// that is configured like this, for an agent
	// that is configured like this; nil: nothing.
	Resources func(c Config, instance string) []task.Resource
	// Ingress has the instance open the listeners of load balancers. Its reports and its logger are
	// the agent's. Nil: it opens none.
	Ingress *balancer.Config
	// Traffic gets who receives traffic, by frames; empty: the agent asks for none.
	Traffic []TrafficReceiver
	// Network returns the network of an instance's awsvpc tasks, for an agent that is configured
	// like this; nil: the instance runs none. If it fails, the instance runs none either, and the
	// error is shown to people.
	Network func(c Config, instance string) (Network, error)

	// AllowPrivileged shows in the instance's attributes that Runtime runs privileged containers.
	AllowPrivileged bool
	// AnyArchitecture has the instance take tasks whose definition names another architecture.
	AnyArchitecture bool

	ReservedCPU    int64          // units that tasks do not get
	ReservedMemory int64          // MiB that tasks do not get
	ReservedPorts  []structs.Port // never given to tasks; nil: those of SSH and Docker
	// OwnPorts, if not nil, returns the ports on which Gantry's own processes listen here. Tasks do
	// not get these either. It is called after Join has returned.
	OwnPorts func() []structs.Port

	// Address returns the IP address at which others reach this machine; nil if it is not known. It
	// is called after Join has returned.
	Address func() string

	// StopOnDisconnect kills all tasks, including those that an earlier process left, when for
	// almost the length of the lease the leader is not known to have heard from this agent. So no
	// task runs here while another replaces it elsewhere.
	StopOnDisconnect bool

	// CleanupWait is how long containers of ended tasks are kept for people to look at. Zero means
	// an hour.
	CleanupWait time.Duration
	// StartConcurrency is how many tasks may create and start containers at a time. Zero means 4
	// for each core, Docker's own limit.
	StartConcurrency int

	Logger *slog.Logger     // nil: slog.Default
	Now    func() time.Time // nil: time.Now
}

func (c Config) withDefaults() (Config, error) {
	if c.DataDir == "" || c.Server == nil || c.Runtime == nil {
		return c, errors.New("configure the agent: DataDir, Server and Runtime are required")
	}
	c.Cluster = cmp.Or(c.Cluster, structs.DefaultCluster)
	c.Region = cmp.Or(c.Region, defaultRegion)
	c.CleanupWait = cmp.Or(c.CleanupWait, time.Hour)
	c.StartConcurrency = cmp.Or(c.StartConcurrency, 4*goruntime.NumCPU())
	c.Logger = cmp.Or(c.Logger, slog.Default())
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.ReservedPorts == nil {
		c.ReservedPorts = defaultReservedPorts()
	}
	return c, nil
}

// defaultRegion is in ARNs of callers that do not sign.
const defaultRegion = "us-east-1"

// defaultReservedPorts returns the ports of SSH and Docker, which ECS reserves.
func defaultReservedPorts() (ports []structs.Port) {
	for _, n := range []uint16{22, 2375, 2376} {
		ports = append(ports, structs.Port{Number: n, Protocol: "tcp"})
	}
	return ports
}

// reservedPorts returns all ports that tasks do not get.
func (c *Config) reservedPorts() []structs.Port {
	ports := slices.Clone(c.ReservedPorts)
	if c.OwnPorts != nil {
		ports = append(ports, c.OwnPorts()...)
	}
	slices.SortFunc(ports, structs.ComparePorts)
	return slices.Compact(ports)
}
