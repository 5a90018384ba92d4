package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	scaleAgents   = 2000
	scaleServices = 20
	scaleTasks    = 5000 // of each service: ECS's default quota
	// scaleAtOnce bounds the tasks that are under way, as a user who deploys many services would:
	// two processors do the work of all instances as well.
	scaleAtOnce = 25_000
	// scaleWait bounds each step, which may take long on a machine that others use.
	scaleWait = 20 * time.Minute
	// idleWait passes before an idle cluster is measured for idleLook.
	idleWait = 15 * time.Second
	idleLook = 30 * time.Second
	// placeGoal is the goal for the time until all tasks run, placeWait the longest wait for them.
	placeGoal = 30 * time.Second
	placeWait = 4 * time.Minute
	// describedAtOnce is the number of services that one DescribeServices may name.
	describedAtOnce = 10
	// simLine begins the line that gantry-sim prints once all agents are registered.
	simLine = "all "
)

// scale measures thousands of simulated agents on three real servers with a hundred thousand tasks,
// and what all that costs at rest.
func scale(ctx context.Context, binary, sim string) (err error) {
	c, err := newCluster(ctx, binary)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, c.close()) }()
	ctx, cancel := context.WithTimeout(ctx, scaleWait)
	defer cancel()
	begin := time.Now()
	agents, lines, err := c.simulate(ctx, sim)
	if err != nil {
		return err
	}
	defer func() {
		err = firstOf(err, agents.Process.Signal(syscall.SIGTERM))
		_ = agents.Wait() // how it ends is of no account
	}()
	fmt.Printf("%d simulated agents registered on three secured servers: %s\n", scaleAgents, time.Since(begin).Round(time.Second))
	if err := c.place(ctx); err != nil {
		return err
	}
	select {
	case <-time.After(idleWait):
	case <-ctx.Done():
		return ctx.Err()
	}
	return c.idle(ctx, lines)
}

// simulate starts the agents and waits until all are registered. What they print after that comes
// through the channel.
func (c *cluster) simulate(ctx context.Context, sim string) (*exec.Cmd, <-chan string, error) {
	cmd := exec.Command(sim, "--agents", fmt.Sprint(scaleAgents), "--zones", "3", "--bind", fmt.Sprintf(clusterHost, 9), "--join", serverHosts(),
		"--secret-file", c.secretFile(), "--data-dir", c.dir, "--report", idleLook.String())
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	lines := make(chan string, 100)
	go read(out, lines)
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				return nil, nil, errors.Join(errors.New("gantry-sim ended"), cmd.Wait())
			}
			if strings.HasPrefix(line, simLine) {
				return cmd, lines, nil
			}
		case <-ctx.Done():
			return nil, nil, errors.Join(ctx.Err(), cmd.Process.Kill())
		}
	}
}

func read(from io.Reader, lines chan<- string) {
	defer close(lines)
	for in := bufio.NewScanner(from); in.Scan(); {
		lines <- in.Text()
	}
}

// place measures services of many tasks each until all tasks are reported RUNNING. Calls are
// repeated while there is no leader, as the SDKs do.
func (c *cluster) place(ctx context.Context) error {
	err := c.ecs(ctx, 0, "RegisterTaskDefinition", map[string]any{
		"family": "idle", "containerDefinitions": []map[string]any{{"name": "app", "image": "idle", "cpu": 128, "memory": 128}},
	}, nil)
	if err != nil {
		return err
	}
	begin := time.Now()
	var names []string
	counts := map[string]int{} // of tasks that run, by service
	const all = scaleServices * scaleTasks
	what := fmt.Sprintf("%d tasks placed on them and reported RUNNING, once", all)
	for running, sure := 0, false; ; {
		for len(names) < scaleServices && (len(names)+1)*scaleTasks-running <= scaleAtOnce {
			name := fmt.Sprintf("service-%d", len(names))
			service := map[string]any{"serviceName": name, "taskDefinition": "idle", "desiredCount": scaleTasks, "clientToken": name,
				"placementStrategy": []map[string]any{{"type": "spread", "field": "instanceId"}}}
			err := c.eventually(ctx, func() bool { return c.ecs(ctx, len(names)%clusterSize, "CreateService", service, nil) == nil })
			if err != nil {
				return err
			}
			names = append(names, name)
		}
		if now, err := c.running(ctx, names, counts); err == nil {
			running = now
		}
		switch took := time.Since(begin); {
		case running == all && sure:
			absolute(what, took, placeGoal)
			return nil
		case running == all:
			sure = true // all of them are counted once more
			continue
		case took > placeWait:
			fmt.Printf("%-56s gantry %d of them after %s   goal ≤ %s   MISSED\n", what, running, took.Round(time.Second), placeGoal)
			return nil
		}
		sure = false
		select {
		case <-time.After(500 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// running returns the number of running tasks of services. It asks only about those that lacked
// some before, since the answer counts them one by one.
func (c *cluster) running(ctx context.Context, names []string, counts map[string]int) (n int, err error) {
	unfinished := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return counts[name] == scaleTasks })
	if len(unfinished) == 0 {
		unfinished = names // to be sure of all at the same time
	}
	for some := range slices.Chunk(unfinished, describedAtOnce) {
		var out struct {
			Services []struct {
				ServiceName  string
				RunningCount int
			}
		}
		if err := c.ecs(ctx, 0, "DescribeServices", map[string]any{"services": some}, &out); err != nil {
			return 0, err
		}
		for _, s := range out.Services {
			counts[s.ServiceName] = s.RunningCount
		}
	}
	for _, count := range counts {
		n += count
	}
	return n, nil
}

// idle measures what servers and agents use while nothing happens.
func (c *cluster) idle(ctx context.Context, lines <-chan string) error {
	leader, err := c.whole(ctx)
	if err != nil {
		return err
	}
	var before [clusterSize]time.Duration
	for n, s := range c.servers {
		if before[n], err = processor(s.Process.Pid); err != nil {
			return err
		}
	}
	begin := time.Now()
	var last string
	for until := time.After(idleLook + idleLook/2); until != nil; { // whole reports of the agents
		select {
		case last = <-lines:
		case <-until:
			until = nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for n, s := range c.servers {
		after, err1 := processor(s.Process.Pid)
		memory, err2 := resident(s.Process.Pid)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		role, share := "follower", 100*float64(after-before[n])/float64(time.Since(begin))
		if n == leader {
			role = "leader"
		}
		fmt.Printf("%-56s gantry %8.1f %%    %-33s goal ≤ 5 %% of a core   %s\n", "idle "+role+", processor", share, "", verdict(share <= 5))
		fmt.Printf("%-56s gantry %6d MiB    %-33s goal: heap ≤ 600 MB   %s\n", "  resident memory, of which the heap is a part", memory, "", verdict(memory <= 600))
	}
	fmt.Printf("traffic of an idle agent (goal ≤ 1000 bytes/s), as gantry-sim has counted it: %s\n", last)
	return nil
}
