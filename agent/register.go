package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// register tells the server of this machine, again and again while no server can be reached. It
// fails when no engine answers or the server refuses the registration.
func (a *Agent) register(ctx context.Context, instance string) error {
	info, err := a.runtime.Info(ctx)
	if err != nil {
		return fmt.Errorf("asking the container engine about this machine: %w", err)
	}
	if a.registration, err = a.registerUntilAnswered(ctx, containerInstance(a.cfg, instance, info)); err != nil {
		return err
	}
	a.mu.Lock()
	a.instance = instance
	a.mu.Unlock()
	a.log.Info("registered the container instance")
	return nil
}

// registerAgain registers the instance with a server that does not know it any more: it was
// deregistered and then forgotten, or the server began anew, with a state that is younger than what
// this agent has seen. What fails is tried again with the next stream.
func (a *Agent) registerAgain(ctx context.Context) {
	a.registration.Runtime = a.engine.current()
	answer, err := a.cfg.Server.Register(ctx, a.registration)
	if err != nil {
		a.log.Warn("cannot register the container instance again", "error", err)
		return
	}
	a.registration.Version, a.index = answer.Version, 0
	nudge(a.engine.news) // it may have changed meanwhile
	a.log.Info("registered the container instance again: the server had forgotten it")
}

// registerUntilAnswered gives the registration at the version that it has been answered with: no
// stream is to begin before that, since a server that is behind does not know all that an earlier
// process ran here.
func (a *Agent) registerUntilAnswered(ctx context.Context, in structs.ContainerInstance) (structs.ContainerInstance, error) {
	b := backoff{most: leaseWait}
	for {
		answer, err := a.cfg.Server.Register(ctx, in)
		if err == nil {
			in.Version = answer.Version
			return in, nil
		}
		if ctx.Err() != nil {
			return in, ctx.Err()
		}
		if refusal(err) {
			return in, fmt.Errorf("registering the container instance: %w", err)
		}
		a.log.Warn("cannot register the container instance yet; trying again", "error", err)
		if !b.wait(ctx) {
			return in, ctx.Err()
		}
	}
}

// refusal says whether a server blamed the request: asking again would give the same answer.
func refusal(err error) bool {
	e, ok := errors.AsType[*structs.Error](err)
	return ok && e.Kind != structs.KindUnavailable && e.Kind != structs.KindInternal
}

// containerInstance describes this machine to the server.
func containerInstance(cfg Config, id string, info runtime.Info) structs.ContainerInstance {
	return structs.ContainerInstance{
		ID:               id,
		Cluster:          cfg.Cluster,
		Zone:             cfg.Zone,
		Name:             cmp.Or(cfg.Name, info.Hostname),
		Status:           structs.InstanceActive,
		Fenced:           cfg.StopOnDisconnect,
		CapacityProvider: cfg.CapacityProvider,
		Registered: structs.Resources{
			CPU:    max(0, int64(info.CPUs)*1024-cfg.ReservedCPU),
			Memory: max(0, info.Memory-cfg.ReservedMemory),
			Ports:  cfg.reservedPorts(),
		},
		GPUs:       cfg.GPUs,
		Attributes: attributes(cfg, info),
		Runtime:    structs.RuntimeHealth{Status: structs.HealthOK}, // it has just answered
		VersionInfo: structs.VersionInfo{
			AgentVersion: cfg.Version, AgentHash: cfg.Commit, DockerVersion: "DockerVersion: " + info.Version,
		},
	}
}

// capability begins the names of what ECS's agents have been able to do from the first.
const capability = "com.amazonaws.ecs.capability."

// attributes are ECS's own, the capabilities that are true of this agent, and the configured ones,
// sorted by name. A configured one does not replace what the agent says of itself.
func attributes(cfg Config, info runtime.Info) []structs.Attribute {
	list := []structs.Attribute{
		{Name: "ecs.cpu-architecture", Value: info.Architecture},
		{Name: "ecs.os-type", Value: info.OSType},
		{Name: capability + "privileged-container"},
		{Name: "ecs.capability.container-health-check"},
		{Name: "ecs.capability.pid-ipc-namespace-sharing"},
	}
	for _, driver := range info.LogDrivers {
		// the engine's own would write to AWS; definitions with it are not run
		if driver != "awslogs" {
			list = append(list, structs.Attribute{Name: capability + "logging-driver." + driver})
		}
	}
	if cfg.Zone != "" {
		list = append(list, structs.Attribute{Name: structs.AttributeZone, Value: cfg.Zone})
	}
	// The versions of Docker's API that ECS's task definitions come to require (1.17 to 1.29); any
	// engine since 2017 has them.
	for minor := 17; minor <= 30; minor++ {
		list = append(list, structs.Attribute{Name: fmt.Sprintf(capability+"docker-remote-api.1.%d", minor)})
	}
	for _, custom := range cfg.Attributes {
		if !slices.ContainsFunc(list, func(x structs.Attribute) bool { return x.Name == custom.Name }) {
			list = append(list, structs.Attribute{Name: custom.Name, Value: custom.Value})
		}
	}
	slices.SortFunc(list, func(x, y structs.Attribute) int { return cmp.Compare(x.Name, y.Name) })
	return list
}
