package main

import (
	"context"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/cgroup"
	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/agent/files"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/task"
	"github.com/gantry-project/gantry/agent/volume"
)

// machine is what runs the tasks of this machine.
type machine struct {
	engine *docker.Engine
	groups *cgroup.Machine
	files  filesDir
}

// openMachine connects to this machine's container engine. It fails if that does not answer.
// taskPIDs is how many processes and threads a task may have; zero: any number.
func openMachine(ctx context.Context, c docker.Config, taskPIDs int64, files filesDir) (*machine, error) {
	engine, err := docker.New(c)
	if err != nil {
		return nil, err
	}
	info, err := engine.Info(ctx)
	if err != nil {
		return nil, err
	}
	return &machine{engine, cgroup.Open(cgroup.Config{Engine: info, TaskPIDs: taskPIDs, Logger: c.Logger}), files}, nil
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
		m.groups.Limits(instance), volume.New(instance, m.runtime(instance)),
		files.New(files.Config{Instance: instance, Server: c.Server, Dir: m.files.dir, NoDir: m.files.problem}),
	}
}
