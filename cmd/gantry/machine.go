package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/awskeys"
	"github.com/gantry-project/gantry/agent/cgroup"
	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/agent/files"
	"github.com/gantry-project/gantry/agent/firelens"
	"github.com/gantry-project/gantry/agent/metadata"
	tasknetwork "github.com/gantry-project/gantry/agent/network"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/task"
	"github.com/gantry-project/gantry/agent/volume"
	"github.com/gantry-project/gantry/structs"
)

// machine is what runs the tasks of this machine.
type machine struct {
	engine *docker.Engine
	groups *cgroup.Machine
	// awsKeys is the file that names the roles whose keys are real AWS keys; empty: none.
	awsKeys string
	// sharesLoopback reports whether containers in network mode host have this process's loopback
	// addresses, as far as that can be told without privileges: an agent in a container has another
	// host name, or the machine's network.
	sharesLoopback bool
	files          filesDir
	names          *clusterNames
}

// openMachine connects to this machine's container engine. It fails if that does not answer.
// taskPIDs is how many processes and threads a task may have; zero: any number. awsKeys is the file
// that names the roles whose keys are real AWS keys; empty: none.
func openMachine(ctx context.Context, c docker.Config, taskPIDs int64, awsKeys string, files filesDir) (*machine, error) {
	if err := (&awskeys.Keys{File: awsKeys}).Check(); err != nil {
		return nil, fmt.Errorf("--aws-keys: %w", err)
	}
	engine, err := docker.New(c)
	if err != nil {
		return nil, err
	}
	info, err := engine.Info(ctx)
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	return &machine{
		engine: engine, awsKeys: awsKeys, groups: cgroup.Open(cgroup.Config{Engine: info, TaskPIDs: taskPIDs, Logger: c.Logger}),
		sharesLoopback: err == nil && host == info.Hostname && !info.Rootless, files: files,
		names: newClusterNames(c.Logger),
	}, nil
}

// runtime returns the engine as seen by one instance.
func (m *machine) runtime(instance string) runtime.Runtime {
	engine := m.engine.ForInstance(instance)
	engine.KilledForMemory = m.groups.Limits(instance).KilledForMemory
	return engine
}

// resources returns what the tasks of an instance may need besides containers.
func (m *machine) resources(c agent.Config, instance string) []task.Resource {
	return []task.Resource{
		m.groups.Limits(instance), volume.New(instance, m.runtime(instance)), m.metadata(c, instance), m.namesOf(c, instance),
		files.New(files.Config{Instance: instance, Server: c.Server, Dir: m.files.dir, NoDir: m.files.problem}),
		firelens.New(firelens.Config{
			Dir: filepath.Join(c.DataDir, "agent", "firelens"), TaskARN: func(t *structs.Task) string { return taskARN(c.Region, t) },
			EC2ID: (&structs.ContainerInstance{ID: instance, Name: c.Name}).EC2ID(),
		}),
	}
}

// metadata returns what answers tasks at 169.254.170.2.
func (m *machine) metadata(c agent.Config, instance string) *metadata.Metadata {
	return metadata.New(metadata.Config{
		Instance: instance, Cluster: c.Cluster, Zone: c.Zone, Region: c.Region, DataDir: c.DataDir,
		Engine: m.engine.ForInstance(instance), Servers: c.Server, Keys: (&awskeys.Keys{Servers: c.Server, File: m.awsKeys}).RoleCredentials, Logger: c.Logger,
		Open: func(ctx context.Context) (metadata.Place, error) {
			return tasknetwork.OpenEndpoint(ctx, tasknetwork.EndpointConfig{
				Instance: instance, DataDir: c.DataDir, Engine: m.engine.ForInstance(instance), Logger: c.Logger,
			})
		},
		Remove:         func() error { return tasknetwork.RemoveEndpoint(instance) },
		SharesLoopback: m.sharesLoopback,
	})
}

// taskARN returns the ARN of a task in a region, with the account of callers that do not sign.
func taskARN(region string, t *structs.Task) string {
	return "arn:aws:ecs:" + region + ":000000000000:" + structs.TaskKey(t.Cluster, t.ID)
}
