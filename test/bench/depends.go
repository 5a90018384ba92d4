package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
)

const (
	chainFamily = "chain"
	// chainProbe is the shortest interval of health checks that ECS allows.
	chainProbe  = 5 * time.Second
	chainRounds = 3
	// chainGoal is what Gantry may add to the containers' own times.
	chainGoal = 150 * time.Millisecond
)

// chainNames are the containers of the task. Each but the first starts once the one before it is
// HEALTHY.
var chainNames = []string{"first", "second", "third"}

// chain measures a task of three containers in a chain, from the RunTask call until RUNNING is
// seen, against the containers' own times: create, start and, for all but the last, until the
// engine reports that it is healthy.
func (b *bench) chain(ctx context.Context, _ int) error {
	if err := b.registerChain(ctx); err != nil {
		return err
	}
	var added []time.Duration
	for range chainRounds {
		var own time.Duration
		for _, name := range chainNames {
			took, err := b.plainHealthy(ctx, name != chainNames[len(chainNames)-1])
			if err != nil {
				return err
			}
			own += took
		}
		begin := time.Now()
		tasks, err := b.runTasks(ctx, chainFamily, 1)
		if err != nil {
			return err
		}
		if err := b.await(ctx, tasks, "RUNNING"); err != nil {
			return err
		}
		added = append(added, time.Since(begin)-own)
		if err := b.stopAll(ctx, tasks); err != nil {
			return err
		}
	}
	absolute(fmt.Sprintf("dependsOn HEALTHY, %d containers: beyond their own, of %d", len(chainNames), chainRounds), p50(added), chainGoal)
	return nil
}

func (b *bench) registerChain(ctx context.Context) error {
	var list []types.ContainerDefinition
	for i, name := range chainNames {
		c := types.ContainerDefinition{
			Name: aws.String(name), Image: aws.String(b.image), Command: []string{"sleep"}, Cpu: 1, Memory: aws.Int32(16),
			HealthCheck: &types.HealthCheck{
				Command: []string{"CMD", "/app", "exit", "0"}, Interval: aws.Int32(int32(chainProbe / time.Second)),
			},
		}
		if i > 0 {
			c.DependsOn = []types.ContainerDependency{{ContainerName: aws.String(chainNames[i-1]), Condition: types.ContainerConditionHealthy}}
		}
		list = append(list, c)
	}
	_, err := b.ecs.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{Family: aws.String(chainFamily), ContainerDefinitions: list})
	return err
}

// plainHealthy returns how long a container with the same health check takes to start and, if asked
// to, to become healthy.
func (b *bench) plainHealthy(ctx context.Context, healthy bool) (time.Duration, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	seen, failed := b.docker.Events(ctx, events.ListOptions{Filters: filters.NewArgs(filters.Arg("event", "health_status"))})
	begin := time.Now()
	made, err := b.docker.ContainerCreate(ctx,
		&container.Config{Image: b.image, Cmd: []string{"sleep"}, Healthcheck: &container.HealthConfig{
			Test: []string{"CMD", "/app", "exit", "0"}, Interval: chainProbe, Timeout: chainProbe, Retries: 3, StartPeriod: time.Millisecond,
		}},
		&container.HostConfig{Resources: container.Resources{Memory: 16 << 20, CPUShares: 2}}, nil, nil, "")
	if err != nil {
		return 0, err
	}
	defer func() { _ = b.plainRemove(context.WithoutCancel(ctx), made.ID) }()
	if err := b.docker.ContainerStart(ctx, made.ID, container.StartOptions{}); err != nil {
		return 0, err
	}
	for healthy {
		select {
		case e := <-seen:
			healthy = e.Actor.ID != made.ID || !slices.Contains([]events.Action{events.ActionHealthStatusHealthy}, e.Action)
		case err := <-failed:
			return 0, err
		}
	}
	return time.Since(begin), nil
}
