package main

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	// largeService and rolledService are the tasks of the services that are compared with Docker Swarm.
	largeService  = 100
	rolledService = 40
	// servicePoll is how often a whole service is asked about.
	servicePoll = 50 * time.Millisecond
)

// serviceStart: a service of many bridge tasks → all running, against Docker Swarm's; once each, as Swarm takes half a minute.
func (b *bench) serviceStart(ctx context.Context, _ int) error {
	s, err := b.newSwarm(ctx)
	if err != nil {
		return err
	}
	defer s.leave()
	begin := time.Now()
	if err := s.create(ctx, largeService); err != nil {
		return err
	}
	theirs := time.Since(begin)
	if err := s.remove(ctx); err != nil {
		return err
	}
	begin = time.Now()
	if err := b.createService(ctx, "large", largeService, nil); err != nil {
		return err
	}
	ours := time.Since(begin)
	versus(fmt.Sprintf("service of %d bridge tasks → running", largeService), ours, theirs, 0.3)
	return b.deleteService(ctx, "large")
}

// rollingUpdate: a service moves to a new revision, a quarter of it at a time, against Swarm ten at a time.
func (b *bench) rollingUpdate(ctx context.Context, _ int) error {
	s, err := b.newSwarm(ctx)
	if err != nil {
		return err
	}
	defer s.leave()
	if err := s.create(ctx, rolledService); err != nil {
		return err
	}
	begin := time.Now()
	if err := s.roll(ctx, rolledService); err != nil {
		return err
	}
	theirs := time.Since(begin)
	if err := s.remove(ctx); err != nil {
		return err
	}
	limits := &types.DeploymentConfiguration{MaximumPercent: aws.Int32(125), MinimumHealthyPercent: aws.Int32(100)}
	if err := b.createService(ctx, "rolled", rolledService, limits); err != nil {
		return err
	}
	begin = time.Now()
	if _, err := b.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Service: aws.String("rolled"), ForceNewDeployment: true}); err != nil {
		return err
	}
	if err := b.awaitService(ctx, "rolled", rolledService); err != nil {
		return err
	}
	ours := time.Since(begin)
	versus(fmt.Sprintf("rolling update of %d, maximumPercent 125", rolledService), ours, theirs, 0.75)
	return b.deleteService(ctx, "rolled")
}

// replacement: kill of a service's container → another task of it seen RUNNING.
func (b *bench) replacement(ctx context.Context, rounds int) error {
	if err := b.createService(ctx, "kept", 1, nil); err != nil {
		return err
	}
	var ours []time.Duration
	for range rounds {
		before, err := b.runningTask(ctx, "kept", "")
		if err != nil {
			return err
		}
		begin := time.Now()
		killed := make(chan error, 1)
		go func() { killed <- b.docker.ContainerKill(ctx, aws.ToString(before.Containers[0].RuntimeId), "KILL") }()
		if _, err := b.runningTask(ctx, "kept", aws.ToString(before.TaskArn)); err != nil {
			return err
		}
		ours = append(ours, time.Since(begin))
		if err := <-killed; err != nil {
			return err
		}
		time.Sleep(replacementRest)
	}
	absolute("kill of a service's container → replacement RUNNING", p50(ours), 450*time.Millisecond)
	return b.deleteService(ctx, "kept")
}

// replacementRest is how long a replaced task runs before it is killed in turn: longer than a crash loop's would.
const replacementRest = 1500 * time.Millisecond

// createService makes a service of the bridge definition and waits until it is steady.
func (b *bench) createService(ctx context.Context, name string, count int32, limits *types.DeploymentConfiguration) error {
	_, err := b.ecs.CreateService(ctx, &ecs.CreateServiceInput{
		ServiceName: aws.String(name), TaskDefinition: aws.String("bridge"), DesiredCount: aws.Int32(count), DeploymentConfiguration: limits,
	})
	if err != nil {
		return err
	}
	return b.awaitService(ctx, name, count)
}

// awaitService waits for what `aws ecs wait services-stable` waits for: one deployment, and all tasks running.
func (b *bench) awaitService(ctx context.Context, name string, count int32) error {
	for {
		out, err := b.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Services: []string{name}})
		if err != nil {
			return err
		}
		if len(out.Services) != 1 {
			return fmt.Errorf("service %s is not described", name)
		}
		if s := out.Services[0]; len(s.Deployments) == 1 && s.RunningCount == count {
			return nil
		}
		time.Sleep(servicePoll)
	}
}

func (b *bench) deleteService(ctx context.Context, name string) error {
	if _, err := b.ecs.DeleteService(ctx, &ecs.DeleteServiceInput{Service: aws.String(name), Force: aws.Bool(true)}); err != nil {
		return err
	}
	for {
		out, err := b.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Services: []string{name}})
		if err != nil {
			return err
		}
		if len(out.Services) == 1 && aws.ToString(out.Services[0].Status) == "INACTIVE" {
			return nil
		}
		time.Sleep(servicePoll)
	}
}

// runningTask waits for a RUNNING task of a service that is not the given one.
func (b *bench) runningTask(ctx context.Context, service, not string) (types.Task, error) {
	for {
		list, err := b.ecs.ListTasks(ctx, &ecs.ListTasksInput{ServiceName: aws.String(service)})
		if err != nil {
			return types.Task{}, err
		}
		for _, arn := range list.TaskArns {
			if arn == not {
				continue
			}
			out, err := b.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Tasks: []string{arn}})
			if err != nil {
				return types.Task{}, err
			}
			if len(out.Tasks) == 1 && aws.ToString(out.Tasks[0].LastStatus) == "RUNNING" {
				return out.Tasks[0], nil
			}
		}
		time.Sleep(pollEvery)
	}
}
