package main

import (
	"context"
	"fmt"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/swarm"
)

// swarmService is a service of a Docker Swarm of one, on the engine that gantry uses.
type swarmService struct {
	b    *bench
	id   string
	spec swarm.ServiceSpec
}

const swarmRollAtOnce = 10

// newSwarm makes the engine a swarm of one. It fails where the engine is in a swarm already: that one is not ours to leave.
func (b *bench) newSwarm(ctx context.Context) (*swarmService, error) {
	_, err := b.docker.SwarmInit(ctx, swarm.InitRequest{ListenAddr: "127.0.0.1:0", AdvertiseAddr: "127.0.0.1"})
	if err != nil {
		return nil, fmt.Errorf("make the engine a swarm of one: %w", err)
	}
	return &swarmService{b: b}, nil
}

// leave ends the swarm, and with it its services.
func (s *swarmService) leave() { _ = s.b.docker.SwarmLeave(context.Background(), true) }

func (s *swarmService) create(ctx context.Context, replicas uint64) error {
	s.spec = swarm.ServiceSpec{
		Annotations: swarm.Annotations{Name: "gantry-bench"},
		Mode:        swarm.ServiceMode{Replicated: &swarm.ReplicatedService{Replicas: &replicas}},
		TaskTemplate: swarm.TaskSpec{
			ContainerSpec: &swarm.ContainerSpec{Image: s.b.image, Args: []string{"sleep"}},
			Resources:     &swarm.ResourceRequirements{Limits: &swarm.Limit{MemoryBytes: 16 << 20}},
		},
		UpdateConfig: &swarm.UpdateConfig{Parallelism: swarmRollAtOnce},
	}
	made, err := s.b.docker.ServiceCreate(ctx, s.spec, swarm.ServiceCreateOptions{})
	if err != nil {
		return err
	}
	s.id = made.ID
	return s.await(ctx, int(replicas))
}

// roll replaces every task and waits until as many of the new ones run.
func (s *swarmService) roll(ctx context.Context, replicas int) error {
	now, _, err := s.b.docker.ServiceInspectWithRaw(ctx, s.id, swarm.ServiceInspectOptions{})
	if err != nil {
		return err
	}
	s.spec.TaskTemplate.ForceUpdate++
	if _, err := s.b.docker.ServiceUpdate(ctx, s.id, now.Version, s.spec, swarm.ServiceUpdateOptions{}); err != nil {
		return err
	}
	return s.await(ctx, replicas)
}

// await waits until so many tasks of the present spec run, and, after an update, that it says it is complete.
func (s *swarmService) await(ctx context.Context, replicas int) error {
	for {
		tasks, err := s.b.docker.TaskList(ctx, swarm.TaskListOptions{Filters: filters.NewArgs(filters.Arg("service", s.id))})
		if err != nil {
			return err
		}
		running := 0
		for _, t := range tasks {
			if t.Status.State == swarm.TaskStateRunning && t.Spec.ForceUpdate == s.spec.TaskTemplate.ForceUpdate {
				running++
			}
		}
		if running == replicas {
			return nil
		}
		time.Sleep(servicePoll)
	}
}

// remove removes the service and waits until its containers are gone, so that they take nothing from what is measured next.
func (s *swarmService) remove(ctx context.Context) error {
	if err := s.b.docker.ServiceRemove(ctx, s.id); err != nil {
		return err
	}
	for {
		left, err := s.b.docker.ContainerList(ctx, container.ListOptions{
			All: true, Filters: filters.NewArgs(filters.Arg("label", "com.docker.swarm.service.id="+s.id)),
		})
		if err != nil || len(left) == 0 {
			return err
		}
		time.Sleep(servicePoll)
	}
}
