package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/docker/docker/api/types/container"
)

const (
	crowdTasks = 200
	// The addresses of the server and of the agent.
	crowdServer = "127.2.2.1"
	crowdHost   = "127.2.2.2"
	// crowdWatch is how long the agent is watched while nothing happens.
	crowdWatch = 30 * time.Second
	// clockTicks is the number of ticks in a second in /proc (USER_HZ, on all of Linux's platforms
	// that Go supports).
	clockTicks = 100
)

// crowd measures an agent with many running tasks: the processor and memory that it takes while
// nothing happens, and the time from its start, after an end, until it has found its containers
// and reported one that ended meanwhile. Agent and server are processes of their own.
func (b *bench) crowd(ctx context.Context, _ int) (err error) {
	agent, _, end, err := b.startCrowd(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	var tasks []string
	for len(tasks) < crowdTasks {
		more, err := b.runTasks(ctx, "host", 10)
		if err != nil {
			return err
		}
		if err := b.await(ctx, more, "RUNNING"); err != nil {
			return err
		}
		tasks = append(tasks, more...)
	}
	time.Sleep(5 * time.Second) // the starts are over
	before, err := agent.ticks()
	if err != nil {
		return err
	}
	time.Sleep(crowdWatch)
	after, err := agent.ticks()
	if err != nil {
		return err
	}
	memory, err := agent.memory()
	if err != nil {
		return err
	}
	share := float64(after-before) / clockTicks / crowdWatch.Seconds() * 100
	fmt.Printf("%-56s gantry %8.2f %%   %-33s goal ≤ 1 %%   %s\n", fmt.Sprintf("agent with %d tasks: processor while idle", crowdTasks), share, "", verdict(share <= 1))
	fmt.Printf("%-56s gantry %6d MiB   %-33s goal ≤ 60 MB   %s\n", "the same: memory", memory>>20, "", verdict(memory <= 60e6))
	if err := b.crowdRestart(ctx, agent, tasks[0]); err != nil {
		return err
	}
	return b.stopCrowd(ctx, tasks)
}

// crowdRestart ends the agent, kills the container of a task, and starts the agent again.
func (b *bench) crowdRestart(ctx context.Context, agent *crowdAgent, victim string) error {
	out, err := b.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Tasks: []string{victim}})
	if err != nil {
		return err
	}
	if err := agent.stop(); err != nil {
		return err
	}
	if err := b.docker.ContainerStop(ctx, aws.ToString(out.Tasks[0].Containers[0].RuntimeId), container.StopOptions{}); err != nil {
		return err
	}
	begin := time.Now()
	if err := agent.start(); err != nil {
		return err
	}
	if err := b.await(ctx, []string{victim}, "STOPPED"); err != nil {
		return err
	}
	absolute("the same: start of the agent → all adopted, an end reported", time.Since(begin), 2*time.Second)
	return nil
}

func (b *bench) stopCrowd(ctx context.Context, tasks []string) error {
	for _, t := range tasks {
		if _, err := b.ecs.StopTask(ctx, &ecs.StopTaskInput{Task: aws.String(t)}); err != nil {
			return err
		}
	}
	for len(tasks) > 0 {
		some := tasks[:min(100, len(tasks))]
		if err := b.await(ctx, some, "STOPPED"); err != nil {
			return err
		}
		tasks = tasks[len(some):]
	}
	return nil
}

// startCrowd starts a server and an agent, waits until the agent is registered, and makes the
// bench's client talk to that server until end is called.
func (b *bench) startCrowd(ctx context.Context) (agent, server *crowdAgent, end func() error, err error) {
	dir, err := os.MkdirTemp("", "gantry-crowd-")
	if err != nil {
		return nil, nil, nil, err
	}
	common := []string{"--insecure", "--log-level", "warn"}
	server = &crowdAgent{command: append([]string{b.gantry.Path, "server", "--bind", crowdServer, "--bootstrap-expect", "1",
		"--data-dir", filepath.Join(dir, "server")}, common...)}
	agent = &crowdAgent{command: append([]string{b.gantry.Path, "agent", "--bind", crowdHost, "--join", crowdServer,
		"--data-dir", filepath.Join(dir, "agent")}, common...)}
	dev := b.ecs
	b.ecs = newClient("http://" + crowdServer + ":5747")
	end = func() error {
		b.ecs = dev
		return errors.Join(agent.stop(), server.stop(), os.RemoveAll(dir))
	}
	if err := errors.Join(server.start(), agent.start()); err != nil {
		return nil, nil, nil, err
	}
	err = b.eventually(ctx, servicePoll, func() (bool, error) {
		list, err := b.ecs.ListContainerInstances(ctx, &ecs.ListContainerInstancesInput{})
		return err == nil && len(list.ContainerInstanceArns) == 1, nil
	})
	if err == nil {
		err = b.register(ctx, types.NetworkModeHost)
	}
	return agent, server, end, err
}

// crowdAgent is a gantry agent, or server, in a process of its own.
type crowdAgent struct {
	command []string
	process *exec.Cmd
}

func (a *crowdAgent) start() error {
	a.process = exec.Command(a.command[0], a.command[1:]...)
	a.process.Stderr = os.Stderr
	return a.process.Start()
}

func (a *crowdAgent) stop() error {
	if err := a.process.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return a.process.Wait()
}

// ticks returns the processor time that the agent has used.
func (a *crowdAgent) ticks() (int64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", a.process.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(raw), ") ")
	fields := strings.Fields(rest) // from the third of proc(5) on
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return user + system, err
}

// memory returns the bytes of memory that the agent takes.
func (a *crowdAgent) memory() (int64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", a.process.Process.Pid))
	if err != nil {
		return 0, err
	}
	pages, err := strconv.ParseInt(strings.Fields(string(raw))[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}
