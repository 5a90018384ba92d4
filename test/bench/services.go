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
	// largeService and rolledService are the numbers of tasks of the services that are compared
	// with Docker Swarm's.
	largeService  = 100
	rolledService = 40
	// servicePoll is the pause between two looks at a whole service.
	servicePoll = 50 * time.Millisecond
	// largeGoal is the time for the large service on an idle machine, whatever Swarm takes.
	largeGoal = 8500 * time.Millisecond
)

// services measures a service of many tasks until all run, on the bridge and with networks of their
// own (Swarm: an overlay network), and its move to a new deployment,
// a quarter at a time against Swarm's ten at a time. Each once, as Swarm takes half a minute; Swarm
// is measured, and gone, before Gantry's turn.
func (b *bench) services(ctx context.Context, _ int) error {
	start, overlay, roll, err := b.swarm(ctx)
	if err != nil {
		return err
	}
	begin := time.Now()
	if err := b.createService(ctx, "large", "bridge", largeService, nil); err != nil {
		return err
	}
	ours := time.Since(begin)
	compare("swarm", fmt.Sprintf("service of %d bridge tasks → running, once", largeService), ours, start, 0.3)
	absolute(fmt.Sprintf("the same service of %d", largeService), ours, largeGoal)
	if err := b.deleteService(ctx, "large"); err != nil {
		return err
	}
	begin = time.Now()
	if err := b.createService(ctx, "networks", "awsvpc", largeService, nil); err != nil {
		return err
	}
	compare("swarm", fmt.Sprintf("service of %d awsvpc tasks → running, once", largeService), time.Since(begin), overlay, 0.25)
	if err := b.deleteService(ctx, "networks"); err != nil {
		return err
	}

	limits := &types.DeploymentConfiguration{MaximumPercent: aws.Int32(125), MinimumHealthyPercent: aws.Int32(100)}
	if err := b.createService(ctx, "rolled", "bridge", rolledService, limits); err != nil {
		return err
	}
	begin = time.Now()
	if _, err := b.ecs.UpdateService(ctx, &ecs.UpdateServiceInput{Service: aws.String("rolled"), ForceNewDeployment: true}); err != nil {
		return err
	}
	if err := b.awaitService(ctx, "rolled", rolledService); err != nil {
		return err
	}
	compare("swarm", fmt.Sprintf("rolling update of %d, maximumPercent 125, once", rolledService), time.Since(begin), roll, 0.75)
	return b.deleteService(ctx, "rolled")
}

const (
	// keptService is the number of tasks of the service whose containers are killed.
	keptService = 20
	// settled is how long a task runs before it is killed. A task that ends sooner counts as one
	// that cannot stay up, and the next start of its service waits.
	settled = 11 * time.Second
)

// replacement measures from the kill of a service's container until another task is seen RUNNING.
// Swarm waits for 5 s before it begins.
func (b *bench) replacement(ctx context.Context, rounds int) error {
	if err := b.createService(ctx, "kept", "bridge", keptService, nil); err != nil {
		return err
	}
	var ours []time.Duration
	for range rounds {
		tasks, err := b.serviceTasks(ctx, "kept")
		if err != nil {
			return err
		}
		oldest, known := tasks[0], map[string]bool{}
		for _, t := range tasks {
			known[aws.ToString(t.TaskArn)] = true
			if t.StartedAt.Before(*oldest.StartedAt) {
				oldest = t
			}
		}
		time.Sleep(time.Until(oldest.StartedAt.Add(settled)))
		begin := time.Now()
		// the call returns only when Docker has taken the container's network down
		killed := make(chan error, 1)
		go func() { killed <- b.docker.ContainerKill(ctx, aws.ToString(oldest.Containers[0].RuntimeId), "KILL") }()
		next, err := b.awaitAnother(ctx, "kept", known)
		if err != nil {
			return err
		}
		if err := b.await(ctx, []string{next}, "RUNNING"); err != nil {
			return err
		}
		ours = append(ours, time.Since(begin))
		if err := <-killed; err != nil {
			return err
		}
	}
	absolute(fmt.Sprintf("kill of a container of a service of %d → another RUNNING", keptService), p50(ours), 450*time.Millisecond)
	return b.deleteService(ctx, "kept")
}

// createService makes a service of a definition and waits until it is stable.
func (b *bench) createService(ctx context.Context, name, family string, count int32, limits *types.DeploymentConfiguration) error {
	_, err := b.ecs.CreateService(ctx, &ecs.CreateServiceInput{
		ServiceName: aws.String(name), TaskDefinition: aws.String(family), DesiredCount: aws.Int32(count), DeploymentConfiguration: limits,
		NetworkConfiguration: networkOf(family),
	})
	if err != nil {
		return err
	}
	return b.awaitService(ctx, name, count)
}

// awaitService waits for what `aws ecs wait services-stable` waits for: one deployment, and all
// tasks running.
func (b *bench) awaitService(ctx context.Context, name string, count int32) error {
	return b.eventually(ctx, servicePoll, func() (bool, error) {
		s, err := b.describeService(ctx, name)
		return err == nil && len(s.Deployments) == 1 && s.RunningCount == count, err
	})
}

func (b *bench) describeService(ctx context.Context, name string) (types.Service, error) {
	out, err := b.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Services: []string{name}})
	if err != nil {
		return types.Service{}, err
	}
	if len(out.Services) != 1 {
		return types.Service{}, fmt.Errorf("service %s is not described", name)
	}
	return out.Services[0], nil
}

// deleteService waits until the service's last task has stopped.
func (b *bench) deleteService(ctx context.Context, name string) error {
	if _, err := b.ecs.DeleteService(ctx, &ecs.DeleteServiceInput{Service: aws.String(name), Force: aws.Bool(true)}); err != nil {
		return err
	}
	return b.eventually(ctx, servicePoll, func() (bool, error) {
		s, err := b.describeService(ctx, name)
		return aws.ToString(s.Status) == "INACTIVE", err
	})
}

// serviceTasks returns the tasks of a service, all of which run.
func (b *bench) serviceTasks(ctx context.Context, service string) ([]types.Task, error) {
	list, err := b.ecs.ListTasks(ctx, &ecs.ListTasksInput{ServiceName: aws.String(service)})
	if err != nil {
		return nil, err
	}
	out, err := b.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Tasks: list.TaskArns})
	if err != nil {
		return nil, err
	}
	return out.Tasks, nil
}

// awaitAnother waits for a task of a service that was not known before, and returns its ARN.
func (b *bench) awaitAnother(ctx context.Context, service string, known map[string]bool) (another string, err error) {
	err = b.eventually(ctx, pollEvery, func() (bool, error) {
		list, err := b.ecs.ListTasks(ctx, &ecs.ListTasksInput{ServiceName: aws.String(service)})
		if err != nil {
			return false, err
		}
		for _, arn := range list.TaskArns {
			if !known[arn] {
				another = arn
			}
		}
		return another != "", nil
	})
	return another, err
}

// eventually asks again and again until something holds.
func (b *bench) eventually(ctx context.Context, poll time.Duration, holds func() (bool, error)) error {
	for {
		if done, err := holds(); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(poll):
		}
	}
}
