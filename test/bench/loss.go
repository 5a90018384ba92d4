package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/hosts"
)

const (
	lossRounds = 30
	// lossTasks is one task for each host with an agent.
	lossTasks   = 3
	lossService = "lost"
	// lossPoll is the pause between two looks at the tasks, long enough that looking does not
	// disturb what is measured.
	lossPoll = 50 * time.Millisecond
	// lossPatience bounds the waits between rounds, and a replacement.
	lossPatience = time.Minute
	// loadTime is how long all processors are kept busy.
	loadTime = time.Minute
)

// loss measures what happens when instances fall silent: three real servers, and three agents with
// an engine each, on hosts of their own.
func loss(ctx context.Context, binary string) (err error) {
	if err := hosts.Missing(); err != nil {
		fmt.Println("what takes the place of a lost instance is not measured:", err)
		return nil
	}
	c, err := hosts.NewCluster(ctx, hosts.ClusterConfig{Binary: binary, Servers: 3, Agents: lossTasks, LogLevel: "warn"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := startLost(ctx, c); err != nil {
		return err
	}
	for _, row := range []struct {
		what   string
		leader bool
		goal   time.Duration
	}{
		{"instance silent → replacement RUNNING", false, 5 * time.Second},
		{"the same, leader killed in that instant", true, 6 * time.Second},
	} {
		var took []time.Duration
		for round := range lossRounds {
			d, err := lose(ctx, c, round, row.leader)
			if err != nil {
				return fmt.Errorf("%s, round %d: %w", row.what, round, err)
			}
			took = append(took, d)
		}
		// Half of them are killed with their containers, and the links of the others are cut. With
		// thirty rounds, the 99th percentile is the last.
		absolute(fmt.Sprintf("%s, p50 of %d", row.what, lossRounds), p50(took), row.goal)
		absolute(fmt.Sprintf("%s, p99 of %d", row.what, lossRounds), slices.Max(took), row.goal)
	}
	return falseLosses(ctx, c)
}

// startLost makes the service whose tasks are lost.
func startLost(ctx context.Context, c *hosts.Cluster) error {
	if err := awaitLoss(ctx, func() error { return c.Whole(ctx) }); err != nil {
		return err
	}
	err := c.Ask(ctx, func(ctx context.Context, api *ecs.Client) error {
		_, err := api.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
			Family: aws.String(lossService),
			ContainerDefinitions: []types.ContainerDefinition{{
				Name: aws.String("app"), Image: aws.String(testutil.AppImage), Command: []string{"sleep"}, Cpu: 1, Memory: aws.Int32(16),
			}},
		})
		if err == nil {
			_, err = api.CreateService(ctx, &ecs.CreateServiceInput{
				ServiceName: aws.String(lossService), TaskDefinition: aws.String(lossService), DesiredCount: aws.Int32(lossTasks),
			})
		}
		return err
	})
	return err
}

// lose makes one instance fall silent, returns the time until as many tasks as before are RUNNING
// on others, and undoes the fault.
func lose(ctx context.Context, c *hosts.Cluster, round int, withLeader bool) (time.Duration, error) {
	if err := awaitLoss(ctx, func() error { return settledLoss(ctx, c) }); err != nil {
		return 0, err
	}
	leader, _, err := c.Leader(ctx)
	if err != nil {
		return 0, err
	}
	victim := c.Agents[round%len(c.Agents)]
	gone, err := hosts.Containers(lossService, victim)
	if err != nil {
		return 0, err
	}
	begin := time.Now()
	if withLeader {
		leader.Signal(syscall.SIGKILL)
	}
	if round%2 == 0 {
		victim.Die()
	} else if err := victim.Cut(); err != nil {
		return 0, err
	}
	if withLeader {
		leader.Kill()
	}
	running, err := awaitReplaced(ctx, c, gone)
	if err != nil {
		return 0, err
	}
	took := time.Since(begin)
	if err := inContainers(c, victim, running); err != nil {
		return 0, err
	}
	return took, mendLoss(c, victim, leader)
}

// awaitReplaced waits until all tasks are RUNNING, and the lost ones are not among them.
func awaitReplaced(ctx context.Context, c *hosts.Cluster, gone []string) (running map[string]*structs.Task, err error) {
	for deadline := time.Now().Add(lossPatience); time.Now().Before(deadline) && ctx.Err() == nil; time.Sleep(lossPoll) {
		running, err = c.Running(ctx, lossService)
		if err == nil && len(running) == lossTasks && !slices.ContainsFunc(gone, func(id string) bool { return running[id] != nil }) {
			return running, nil
		}
	}
	return nil, fmt.Errorf("not replaced after %v: %d tasks are RUNNING: %w", lossPatience, len(running), err)
}

// inContainers checks that the tasks that are reported to run do, on hosts that are up.
func inContainers(c *hosts.Cluster, victim *hosts.Agent, running map[string]*structs.Task) error {
	var there []string
	for _, a := range c.Agents {
		if a != victim {
			on, err := hosts.Containers(lossService, a)
			if err != nil {
				return err
			}
			there = append(there, on...)
		}
	}
	for id := range running {
		if !slices.Contains(there, id) {
			return fmt.Errorf("task %s is told to be RUNNING, and no container of it runs", id)
		}
	}
	return nil
}

func mendLoss(c *hosts.Cluster, victim *hosts.Agent, leader *hosts.Server) error {
	err := victim.Heal()
	if victim.Ended() {
		err = errors.Join(err, victim.Start())
	}
	if leader.Ended() {
		err = errors.Join(err, leader.Start())
	}
	return err
}

// settledLoss returns what is not yet as it was before a round; nil if everything is.
func settledLoss(ctx context.Context, c *hosts.Cluster) error {
	if err := c.Whole(ctx); err != nil {
		return err
	}
	if running, err := c.Running(ctx, lossService); err != nil || len(running) != lossTasks {
		return fmt.Errorf("%d tasks are RUNNING: %w", len(running), err)
	}
	return c.Spread(lossService)
}

// falseLosses counts the instances that are declared lost while all processors are busy with
// something else.
func falseLosses(ctx context.Context, c *hosts.Cluster) error {
	if err := awaitLoss(ctx, func() error { return settledLoss(ctx, c) }); err != nil {
		return err
	}
	before := lossesTold(c)
	busy, cancel := context.WithTimeout(ctx, loadTime)
	defer cancel()
	var loops []*exec.Cmd
	for range runtime.NumCPU() {
		loop := exec.CommandContext(busy, "sh", "-c", "while :; do :; done")
		if err := loop.Start(); err != nil {
			return err
		}
		loops = append(loops, loop)
	}
	for _, loop := range loops {
		_ = loop.Wait() // its time ends it
	}
	lost := lossesTold(c) - before
	fmt.Printf("%-56s gantry %10d   %-33s goal 0   %s\n", fmt.Sprintf("false losses in %v of full load on all processors", loadTime), lost, "", verdict(lost == 0))
	return ctx.Err()
}

// lossesTold returns how often leaders have logged that instances are lost.
func lossesTold(c *hosts.Cluster) (times int) {
	for _, s := range c.Servers {
		times += strings.Count(s.Log(), "container instances are lost")
	}
	return times
}

// awaitLoss waits until something holds.
func awaitLoss(ctx context.Context, lacks func() error) error {
	var last error
	for deadline := time.Now().Add(lossPatience); time.Now().Before(deadline) && ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
		if last = lacks(); last == nil {
			return nil
		}
	}
	return errors.Join(ctx.Err(), last)
}
