package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/docker/docker/api/types/container"

	gantry "github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

const (
	// pollEvery is the pause between two DescribeTasks about one task. It bounds the resolution of
	// what is measured. Many tasks are asked about less often, so that asking does not take the
	// processors from what is measured.
	pollEvery = 4 * time.Millisecond
	// burstTasks are started by calls of ten; plainAtOnce is the best concurrency of the plain
	// Docker API.
	burstTasks  = 40
	plainAtOnce = 8
	quietCalls  = 200
)

// startLatency measures one task at a time, from the RunTask call until RUNNING is seen, against
// create and start; the two in turn. Plain Docker has no network like awsvpc, whose tasks are
// compared with containers on the bridge.
func (b *bench) startLatency(ctx context.Context, rounds int) error {
	for _, row := range []struct {
		ours, plain string
		goal        float64
	}{{"bridge", "bridge", 1.12}, {"host", "host", 1.15}, {"awsvpc", "bridge", 0.7}} {
		if err := b.startLatencyOn(ctx, row.ours, row.plain, row.goal, rounds); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) startLatencyOn(ctx context.Context, network, plainNetwork string, goal float64, rounds int) error {
	var ours, plain []time.Duration
	for range rounds {
		begin := time.Now()
		id, err := b.plainStart(ctx, plainNetwork)
		if err != nil {
			return err
		}
		plain = append(plain, time.Since(begin))
		if err := b.plainRemove(ctx, id); err != nil {
			return err
		}
		begin = time.Now()
		tasks, err := b.runTasks(ctx, network, 1)
		if err != nil {
			return err
		}
		if err := b.await(ctx, tasks, "RUNNING"); err != nil {
			return err
		}
		ours = append(ours, time.Since(begin))
		if err := b.stopAll(ctx, tasks); err != nil {
			return err
		}
	}
	compare("docker", "RunTask → RUNNING, "+network, p50(ours), p50(plain), goal)
	return nil
}

// burst measures forty bridge tasks from four calls of ten until all are RUNNING, against the plain
// API at its best concurrency; three of each in turn.
func (b *bench) burst(ctx context.Context, _ int) error {
	var ours, plain []time.Duration
	for range 3 {
		begin := time.Now()
		ids, err := b.plainBurst(ctx)
		if err != nil {
			return err
		}
		plain = append(plain, time.Since(begin))
		for _, id := range ids {
			if err := b.plainRemove(ctx, id); err != nil {
				return err
			}
		}
		begin = time.Now()
		var tasks []string
		for range burstTasks / 10 {
			more, err := b.runTasks(ctx, "bridge", 10)
			if err != nil {
				return err
			}
			tasks = append(tasks, more...)
		}
		if err := b.await(ctx, tasks, "RUNNING"); err != nil {
			return err
		}
		ours = append(ours, time.Since(begin))
		if err := b.stopAll(ctx, tasks); err != nil {
			return err
		}
	}
	compare("docker", fmt.Sprintf("%d bridge tasks, 4 × RunTask(10) → all RUNNING, of 3", burstTasks), p50(ours), p50(plain), 1.2)
	return nil
}

// killLatency measures from docker kill of a container until its task is seen STOPPED.
func (b *bench) killLatency(ctx context.Context, rounds int) error {
	var ours []time.Duration
	for range rounds {
		tasks, err := b.runTasks(ctx, "bridge", 1)
		if err != nil {
			return err
		}
		if err := b.await(ctx, tasks, "RUNNING"); err != nil {
			return err
		}
		out, err := b.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Tasks: tasks})
		if err != nil {
			return err
		}
		begin := time.Now()
		// the call returns only when Docker has taken the container's network down
		killed := make(chan error, 1)
		go func() {
			killed <- b.docker.ContainerKill(ctx, aws.ToString(out.Tasks[0].Containers[0].RuntimeId), "KILL")
		}()
		if err := b.await(ctx, tasks, "STOPPED"); err != nil {
			return err
		}
		ours = append(ours, time.Since(begin))
		if err := <-killed; err != nil {
			return err
		}
	}
	absolute("kill of a container → STOPPED seen", p50(ours), 100*time.Millisecond)
	return nil
}

// callLatency measures the RunTask call alone, on an instance whose agent starts nothing.
func (b *bench) callLatency(ctx context.Context, _ int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := gantry.New(gantry.Config{Address: b.address})
	defer c.Close()
	instance, err := c.Register(ctx, structs.ContainerInstance{
		Cluster: "quiet", Zone: "a", Registered: structs.Resources{CPU: 1 << 20, Memory: 1 << 20},
	})
	if err != nil {
		return err
	}
	stream, err := c.Assignments(ctx, instance.ID, instance.Version)
	if err != nil {
		return err
	}
	defer stream.Close()
	go func() {
		for err := error(nil); err == nil; {
			_, err = stream.Next()
		}
	}()
	var ours []time.Duration
	for range quietCalls {
		begin := time.Now()
		out, err := b.ecs.RunTask(ctx, &ecs.RunTaskInput{Cluster: aws.String("quiet"), TaskDefinition: aws.String("bridge")})
		if err != nil {
			return err
		}
		if len(out.Tasks) != 1 {
			return fmt.Errorf("not placed: %v", out.Failures)
		}
		ours = append(ours, time.Since(begin))
	}
	absolute(fmt.Sprintf("RunTask call alone, one caller, of %d", quietCalls), p50(ours), 3*time.Millisecond)
	return nil
}

func (b *bench) runTasks(ctx context.Context, family string, count int32) ([]string, error) {
	out, err := b.ecs.RunTask(ctx, &ecs.RunTaskInput{
		TaskDefinition: aws.String(family), Count: aws.Int32(count), NetworkConfiguration: networkOf(family),
	})
	if err != nil {
		return nil, err
	}
	if len(out.Tasks) != int(count) {
		return nil, fmt.Errorf("placed %d of %d: %s", len(out.Tasks), count, aws.ToString(out.Failures[0].Reason))
	}
	var arns []string
	for _, t := range out.Tasks {
		arns = append(arns, aws.ToString(t.TaskArn))
	}
	return arns, nil
}

// await asks DescribeTasks until every task has a status.
func (b *bench) await(ctx context.Context, tasks []string, status string) error {
	for {
		out, err := b.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Tasks: tasks})
		if err != nil {
			return err
		}
		there := 0
		for _, t := range out.Tasks {
			switch last := aws.ToString(t.LastStatus); {
			case last == status:
				there++
			case last == "STOPPED":
				return fmt.Errorf("task stopped: %s", aws.ToString(t.StoppedReason))
			}
		}
		if there == len(tasks) {
			return nil
		}
		time.Sleep(pollEvery * time.Duration(len(tasks)))
	}
}

// stopAll stops tasks and waits for their end, so that the next round finds an idle machine.
func (b *bench) stopAll(ctx context.Context, tasks []string) error {
	for _, t := range tasks {
		if _, err := b.ecs.StopTask(ctx, &ecs.StopTaskInput{Task: aws.String(t)}); err != nil {
			return err
		}
	}
	return b.await(ctx, tasks, string(types.DesiredStatusStopped))
}

// plainStart creates and starts one container like those of the tasks: same image, command, limits
// and network.
func (b *bench) plainStart(ctx context.Context, network string) (string, error) {
	made, err := b.docker.ContainerCreate(ctx,
		&container.Config{Image: b.image, Cmd: []string{"sleep"}},
		&container.HostConfig{NetworkMode: container.NetworkMode(network), Resources: container.Resources{Memory: 16 << 20, CPUShares: 2}},
		nil, nil, "")
	if err != nil {
		return "", err
	}
	return made.ID, b.docker.ContainerStart(ctx, made.ID, container.StartOptions{})
}

func (b *bench) plainRemove(ctx context.Context, id string) error {
	return b.docker.ContainerRemove(ctx, id, container.RemoveOptions{Force: true})
}

func (b *bench) plainBurst(ctx context.Context) ([]string, error) {
	var wg sync.WaitGroup
	ids := make([]string, burstTasks)
	errs := make([]error, burstTasks)
	slots := make(chan struct{}, plainAtOnce)
	for i := range ids {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			ids[i], errs[i] = b.plainStart(ctx, "bridge")
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return ids, nil
}
