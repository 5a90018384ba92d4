package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/swarm"
)

const (
	// swarmRollAtOnce is how many tasks Swarm replaces at a time.
	swarmRollAtOnce = 10
	overlayNetwork  = "gantry-bench"
)

// swarm measures Docker Swarm on the same engine, in a swarm of one that it leaves again: a service
// of largeService tasks on the bridge and on an overlay network, and the update of one of
// rolledService. It fails if the engine is in a swarm already, which is not ours to leave.
func (b *bench) swarm(ctx context.Context) (start, overlay, roll time.Duration, err error) {
	if _, err := b.docker.SwarmInit(ctx, swarm.InitRequest{ListenAddr: "127.0.0.1:0", AdvertiseAddr: "127.0.0.1"}); err != nil {
		return 0, 0, 0, fmt.Errorf("make the engine a swarm of one: %w", err)
	}
	defer func() {
		err = errors.Join(err, b.docker.SwarmLeave(context.WithoutCancel(ctx), true))
	}()
	s := &swarmService{bench: b}
	if start, err = s.once(ctx); err != nil {
		return 0, 0, 0, err
	}
	// Large enough for all: a subnet of 256 is Swarm's default.
	made, err := b.docker.NetworkCreate(ctx, overlayNetwork, network.CreateOptions{
		Driver: "overlay", IPAM: &network.IPAM{Config: []network.IPAMConfig{{Subnet: "10.99.0.0/20"}}},
	})
	if err != nil {
		return 0, 0, 0, fmt.Errorf("make an overlay network: %w", err)
	}
	s.network = made.ID
	if overlay, err = s.once(ctx); err != nil {
		return 0, 0, 0, err
	}
	if s.network = ""; b.docker.NetworkRemove(ctx, made.ID) != nil {
		return 0, 0, 0, errors.New("the overlay network cannot be removed")
	}
	if err := s.create(ctx, rolledService); err != nil {
		return 0, 0, 0, err
	}
	if roll, err = s.timed(func() error { return s.roll(ctx) }); err != nil {
		return 0, 0, 0, err
	}
	return start, overlay, roll, s.remove(ctx)
}

// once returns how long a service of largeService tasks takes to run, and removes it.
func (s *swarmService) once(ctx context.Context) (time.Duration, error) {
	took, err := s.timed(func() error { return s.create(ctx, largeService) })
	if err != nil {
		return 0, err
	}
	return took, s.remove(ctx)
}

// swarmService is a service of a Swarm, with the same containers as our tasks.
type swarmService struct {
	*bench
	network string // id of the overlay network of its tasks; empty: the bridge
	id      string
	spec    swarm.ServiceSpec
}

func (s *swarmService) timed(do func() error) (time.Duration, error) {
	begin := time.Now()
	err := do()
	return time.Since(begin), err
}

// create makes the service and waits until it runs.
func (s *swarmService) create(ctx context.Context, replicas uint64) error {
	s.spec = swarm.ServiceSpec{
		Annotations: swarm.Annotations{Name: "gantry-bench"},
		Mode:        swarm.ServiceMode{Replicated: &swarm.ReplicatedService{Replicas: &replicas}},
		TaskTemplate: swarm.TaskSpec{
			ContainerSpec: &swarm.ContainerSpec{Image: s.image, Args: []string{"sleep"}},
			Resources:     &swarm.ResourceRequirements{Limits: &swarm.Limit{MemoryBytes: 16 << 20}},
		},
		UpdateConfig: &swarm.UpdateConfig{Parallelism: swarmRollAtOnce},
	}
	if s.network != "" {
		s.spec.TaskTemplate.Networks = []swarm.NetworkAttachmentConfig{{Target: s.network}}
	}
	made, err := s.docker.ServiceCreate(ctx, s.spec, swarm.ServiceCreateOptions{})
	if err != nil {
		return err
	}
	s.id = made.ID
	return s.await(ctx)
}

// roll replaces every task and waits until the new ones run.
func (s *swarmService) roll(ctx context.Context) error {
	now, _, err := s.docker.ServiceInspectWithRaw(ctx, s.id, swarm.ServiceInspectOptions{})
	if err != nil {
		return err
	}
	s.spec.TaskTemplate.ForceUpdate++
	if _, err := s.docker.ServiceUpdate(ctx, s.id, now.Version, s.spec, swarm.ServiceUpdateOptions{}); err != nil {
		return err
	}
	return s.await(ctx)
}

// await waits until all tasks of the present spec run.
func (s *swarmService) await(ctx context.Context) error {
	return s.eventually(ctx, servicePoll, func() (bool, error) {
		tasks, err := s.docker.TaskList(ctx, swarm.TaskListOptions{Filters: filters.NewArgs(filters.Arg("service", s.id))})
		running := uint64(0)
		for _, t := range tasks {
			if t.Status.State == swarm.TaskStateRunning && t.Spec.ForceUpdate == s.spec.TaskTemplate.ForceUpdate {
				running++
			}
		}
		return running == *s.spec.Mode.Replicated.Replicas, err
	})
}

// remove removes the service and waits until its containers are gone, so that they do not disturb
// the next measurement.
func (s *swarmService) remove(ctx context.Context) error {
	if err := s.docker.ServiceRemove(ctx, s.id); err != nil {
		return err
	}
	return s.eventually(ctx, servicePoll, func() (bool, error) {
		left, err := s.docker.ContainerList(ctx, container.ListOptions{
			All: true, Filters: filters.NewArgs(filters.Arg("label", "com.docker.swarm.service.id="+s.id)),
		})
		return len(left) == 0, err
	})
}
