package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/hosts"
)

const (
	trafficRounds = 5
	trafficPort   = "80"
)

// traffic measures one connection between two tasks on two hosts, against two containers on Swarm's
// overlay network on the same hosts and engines; the two in turn.
func traffic(ctx context.Context, binary string) (err error) {
	if err := hosts.Missing(); err != nil {
		fmt.Println("traffic between hosts is not measured:", err)
		return nil
	}
	c, err := hosts.NewCluster(ctx, hosts.ClusterConfig{Binary: binary, Servers: 1, Agents: 2, LogLevel: "warn"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := awaitLoss(ctx, func() error { return c.Whole(ctx) }); err != nil {
		return err
	}
	t := &trafficBench{cluster: c}
	if err := t.startPeers(ctx); err != nil {
		return err
	}
	var ours, theirs [2][]time.Duration // the time that a gigabyte takes, and round trips
	for range trafficRounds {
		if err := t.swarm(&theirs); err != nil {
			return err
		}
		if err := t.tasks(ctx, &ours); err != nil {
			return err
		}
	}
	fmt.Printf("%-56s gantry %4.2f Gbit/s   %-6s %4.2f Gbit/s   ratio %.2f   goal ≥ 1.00   %s\n",
		fmt.Sprintf("task to task across two hosts, one connection, of %d", trafficRounds), gigabits(p50(ours[0])), "swarm", gigabits(p50(theirs[0])),
		float64(p50(theirs[0]))/float64(p50(ours[0])), verdict(p50(ours[0]) <= p50(theirs[0])))
	compare("swarm", fmt.Sprintf("the same: round trip of a small packet, of %d", trafficRounds), p50(ours[1]), p50(theirs[1]), 1)
	return nil
}

func gigabits(gigabyte time.Duration) float64 { return 8 / gigabyte.Seconds() }

type trafficBench struct {
	cluster *hosts.Cluster
	address string // of the task that answers
	second  string // the container instance of the second host
}

// startPeers starts the sides that answer, both on the first host.
func (t *trafficBench) startPeers(ctx context.Context) error {
	first, second := t.cluster.Agents[0], t.cluster.Agents[1]
	token, err := first.Docker("swarm", "init", "--advertise-addr", first.Address)
	if err == nil {
		token, err = first.Docker("swarm", "join-token", "--quiet", "worker")
	}
	if err == nil {
		_, err = second.Docker("swarm", "join", "--advertise-addr", second.Address, "--token", token, first.Address+":2377")
	}
	if err == nil {
		_, err = first.Docker("network", "create", "--driver", "overlay", "--attachable", overlayNetwork)
	}
	if err == nil {
		_, err = first.Docker("run", "--detach", "--name", "peer", "--network", overlayNetwork, testutil.AppImage, "peer")
	}
	if err != nil {
		return err
	}
	api := t.cluster.Servers[0].ECS()
	list, err := api.DescribeContainerInstances(ctx, &ecs.DescribeContainerInstancesInput{ContainerInstances: t.instances(ctx, api)})
	if err != nil {
		return err
	}
	byZone := map[string]string{}
	for _, i := range list.ContainerInstances {
		for _, a := range i.Attributes {
			if aws.ToString(a.Name) == "ecs.availability-zone" {
				byZone[aws.ToString(a.Value)] = aws.ToString(i.ContainerInstanceArn)
			}
		}
	}
	t.second = byZone[second.Zone]
	peer, err := t.run(ctx, byZone[first.Zone], "peer")
	if err != nil {
		return err
	}
	for _, attachment := range peer.Attachments {
		for _, d := range attachment.Details {
			if aws.ToString(d.Name) == "privateIPv4Address" {
				t.address = aws.ToString(d.Value)
			}
		}
	}
	if t.address == "" || aws.ToString(peer.LastStatus) != "RUNNING" {
		return fmt.Errorf("the task that answers does not run: %s", aws.ToString(peer.StoppedReason))
	}
	return nil
}

func (t *trafficBench) instances(ctx context.Context, api *ecs.Client) []string {
	list, err := api.ListContainerInstances(ctx, &ecs.ListContainerInstancesInput{})
	if err != nil {
		return nil
	}
	return list.ContainerInstanceArns
}

// run starts a task on an instance and returns it once it runs, or has ended.
func (t *trafficBench) run(ctx context.Context, instance string, command ...string) (types.Task, error) {
	api := t.cluster.Servers[0].ECS()
	def, err := api.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("traffic"), NetworkMode: types.NetworkModeAwsvpc,
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String(testutil.AppImage), Command: command, Memory: aws.Int32(64),
		}},
	})
	if err != nil {
		return types.Task{}, err
	}
	out, err := api.StartTask(ctx, &ecs.StartTaskInput{
		TaskDefinition: def.TaskDefinition.TaskDefinitionArn, ContainerInstances: []string{instance}, NetworkConfiguration: networkOf("awsvpc"),
	})
	if err != nil {
		return types.Task{}, err
	}
	if len(out.Tasks) != 1 {
		return types.Task{}, fmt.Errorf("not placed: %s %s", aws.ToString(out.Failures[0].Reason), aws.ToString(out.Failures[0].Detail))
	}
	for {
		now, err := api.DescribeTasks(ctx, &ecs.DescribeTasksInput{Tasks: []string{aws.ToString(out.Tasks[0].TaskArn)}})
		if err != nil {
			return types.Task{}, err
		}
		if last := aws.ToString(now.Tasks[0].LastStatus); last == "STOPPED" || last == "RUNNING" && command[0] == "peer" {
			return now.Tasks[0], nil
		}
		time.Sleep(servicePoll)
	}
}

// tasks measures between two tasks.
func (t *trafficBench) tasks(ctx context.Context, to *[2][]time.Duration) error {
	task, err := t.run(ctx, t.second, "measure", t.address+":"+trafficPort)
	if err != nil {
		return err
	}
	out, err := t.cluster.Agents[1].Docker("logs", aws.ToString(task.Containers[0].RuntimeId))
	if err != nil {
		return err
	}
	return add(to, out)
}

// swarm measures between two containers on the overlay network.
func (t *trafficBench) swarm(to *[2][]time.Duration) error {
	out, err := t.cluster.Agents[1].Docker("run", "--rm", "--network", overlayNetwork, testutil.AppImage, "measure", "peer:"+trafficPort)
	if err != nil {
		return err
	}
	return add(to, out)
}

// add reads what the program of the test image printed: bytes a second, and nanoseconds.
func add(to *[2][]time.Duration, printed string) error {
	var rate float64
	var trip int64
	if _, err := fmt.Sscan(strings.TrimSpace(printed), &rate, &trip); err != nil {
		return fmt.Errorf("%q: %w", printed, err)
	}
	to[0] = append(to[0], time.Duration(1e9/rate*float64(time.Second)))
	to[1] = append(to[1], time.Duration(trip))
	return nil
}
