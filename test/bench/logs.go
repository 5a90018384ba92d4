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
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/docker/docker/api/types/container"

	"github.com/gantry-project/gantry/agent/docker"
)

const (
	// logLines of logSize bytes come to 80 files of 1 MB in json-file's form.
	logLines = 300000
	logSize  = 200
	// timedLines are written with timedPause between them.
	timedLines = 2000
	timedPause = 5 * time.Millisecond
)

// logOptions are those of the driver json-file in all measurements. In ECS's default mode,
// non-blocking, the engine itself drops lines that come too fast.
var logOptions = map[string]string{"max-size": "1m", "max-file": "5", "mode": "blocking"}

// logs measures how the lines of one container come through the agent and through docker logs -f:
// how many a second, and how much processor time that takes. The engine's part is what it uses more
// than for a container that nobody reads. Agent and server are processes of their own.
func (b *bench) logs(ctx context.Context, _ int) (err error) {
	engine, err := b.engineProcess(ctx)
	if err != nil {
		return err
	}
	alone, err := b.dockerLines(ctx, engine, false)
	if err != nil {
		return err
	}
	theirs, err := b.dockerLines(ctx, engine, true)
	if err != nil {
		return err
	}
	agent, server, end, err := b.startCrowd(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	ours, err := b.ourLines(ctx, engine, agent, server)
	if err != nil {
		return err
	}
	theirCost := theirs.client + max(0, theirs.engine-alone.engine)
	ourCost := ours.agent + max(0, ours.engine-alone.engine)
	perMillion := func(cost float64, lines int) float64 { return cost / float64(lines) * 1e6 }
	fmt.Printf("%-56s gantry %6.0f/s   docker logs -f %6.0f/s   ratio %.2f   goal ≥ 4   %s\n", "log lines of 200 B, over 80 files of the engine",
		ours.rate, theirs.rate, ours.rate/theirs.rate, verdict(ours.rate >= 4*theirs.rate))
	share := perMillion(ourCost, logLines) / perMillion(theirCost, theirs.lines)
	fmt.Printf("%-56s gantry %6.1f s    docker logs -f %6.1f s    ratio %.2f   goal ≤ 0.10   %s\n", "the same: processor a million, agent and engine's part",
		perMillion(ourCost, logLines), perMillion(theirCost, theirs.lines), share, verdict(share <= 0.1))
	fmt.Printf("%-56s gantry %6.1f s    (server %.1f s, gantry task logs %.1f s; the engine to write: %.1f s)\n", "the same: besides, for a client of a server",
		perMillion(ours.server+ours.client, logLines), perMillion(ours.server, logLines), perMillion(ours.client, logLines), perMillion(alone.engine, logLines))
	fmt.Printf("%-56s gantry %6d lost, %d twice or out of order   docker logs -f %d lost, %d twice or out of order   goal 0, 0   %s\n",
		"the same: lines", ours.lost, ours.wrong, theirs.lost, theirs.wrong, verdict(ours.lost == 0 && ours.wrong == 0))
	return b.timedLines(ctx)
}

// readLog is what a reader of a log used and saw.
type readLog struct {
	rate                          float64 // lines a second
	client, engine, agent, server float64 // seconds of processor
	lines, lost, wrong            int
}

// engineProcess returns the engine's process.
func (b *bench) engineProcess(ctx context.Context) (*crowdAgent, error) {
	engine, err := docker.New(docker.Config{})
	if err != nil {
		return nil, err
	}
	defer engine.Close()
	pid, err := engine.EngineProcess(ctx)
	if err != nil || pid == 0 {
		return nil, fmt.Errorf("the engine's process is not known here: %w", err)
	}
	process, err := os.FindProcess(pid)
	return &crowdAgent{process: &exec.Cmd{Process: process}}, err
}

// dockerLines runs a container that writes, and reads it by docker logs -f or not at all.
func (b *bench) dockerLines(ctx context.Context, engine *crowdAgent, read bool) (r readLog, err error) {
	made, err := b.docker.ContainerCreate(ctx, &container.Config{Image: b.image, Cmd: logCommand(logLines, "")},
		&container.HostConfig{LogConfig: container.LogConfig{Type: "json-file", Config: logOptions}}, nil, nil, "")
	if err != nil {
		return r, err
	}
	defer b.docker.ContainerRemove(ctx, made.ID, container.RemoveOptions{Force: true})
	before, err := engine.ticks()
	if err != nil {
		return r, err
	}
	begin := time.Now()
	if err := b.docker.ContainerStart(ctx, made.ID, container.StartOptions{}); err != nil {
		return r, err
	}
	if read {
		if err := r.follow(ctx, logLines, "docker", "logs", "-f", made.ID); err != nil {
			return r, err
		}
		r.rate = float64(r.lines) / time.Since(begin).Seconds()
	}
	done, failed := b.docker.ContainerWait(ctx, made.ID, container.WaitConditionNotRunning)
	select {
	case <-done:
	case err := <-failed:
		return r, err
	}
	after, err := engine.ticks()
	r.engine = float64(after-before) / clockTicks
	return r, err
}

func logCommand(lines int, pause string) []string {
	command := []string{"lines", strconv.Itoa(lines), strconv.Itoa(logSize)}
	if pause != "" {
		command = append(command, pause)
	}
	return command
}

// follow runs a client until it ends, or until the last line came, and looks at what it prints.
func (r *readLog) follow(ctx context.Context, want int, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	seen := make([]bool, want)
	next := 0
	lines := bufio.NewReaderSize(out, 1<<20)
	for next < want {
		line, err := lines.ReadSlice('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		head, _, _ := strings.Cut(string(line[:min(len(line), 40)]), " ")
		n, err := strconv.Atoi(head)
		if err != nil || n >= want {
			return fmt.Errorf("%s prints %.60q", name, line)
		}
		r.lines++
		if seen[n] || n < next {
			r.wrong++
		}
		seen[n], next = true, max(next, n+1)
	}
	for _, came := range seen {
		if !came {
			r.lost++
		}
	}
	cmd.Process.Kill() // one that follows does not end by itself
	cmd.Wait()
	r.client = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	return nil
}

// ourLines runs a task that writes, and reads it by gantry task logs -f.
func (b *bench) ourLines(ctx context.Context, engine, agent, server *crowdAgent) (r readLog, err error) {
	task, err := b.runLogTask(ctx, logCommand(logLines, ""))
	if err != nil {
		return r, err
	}
	use := func() (all [3]float64, err error) {
		for i, of := range []*crowdAgent{engine, agent, server} {
			ticks, err := of.ticks()
			if err != nil {
				return all, err
			}
			all[i] = float64(ticks) / clockTicks
		}
		return all, nil
	}
	before, err := use()
	if err != nil {
		return r, err
	}
	begin := time.Now()
	if err := r.follow(ctx, logLines, b.gantry.Path, "task", "logs", "-f", "--address", "http://"+crowdServer+":5747", task, "app"); err != nil {
		return r, err
	}
	r.rate = float64(r.lines) / time.Since(begin).Seconds()
	after, err := use()
	r.engine, r.agent, r.server = after[0]-before[0], after[1]-before[1], after[2]-before[2]
	return r, err
}

// runLogTask runs a task that writes lines, and returns its id.
func (b *bench) runLogTask(ctx context.Context, command []string) (string, error) {
	_, err := b.ecs.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("lines"), NetworkMode: types.NetworkModeHost,
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String(b.image), Command: command, Memory: aws.Int32(64),
			LogConfiguration: &types.LogConfiguration{LogDriver: types.LogDriverJsonFile, Options: logOptions},
		}},
	})
	if err != nil {
		return "", err
	}
	tasks, err := b.runTasks(ctx, "lines", 1)
	if err != nil {
		return "", err
	}
	return tasks[0][strings.LastIndexByte(tasks[0], '/')+1:], nil
}

// timedLines measures from the write of a line until a client has it.
func (b *bench) timedLines(ctx context.Context) error {
	task, err := b.runLogTask(ctx, logCommand(timedLines, timedPause.String()))
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, b.gantry.Path, "task", "logs", "-f", "--address", "http://"+crowdServer+":5747", task, "app")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	begin := time.Now()
	var took []time.Duration
	lines := bufio.NewScanner(out)
	for n := 0; n < timedLines && lines.Scan(); n++ {
		now := time.Now()
		fields := strings.Fields(lines.Text())
		ns, err := strconv.ParseInt(fields[1], 10, 64)
		if err != nil {
			return err
		}
		if wrote := time.Unix(0, ns); wrote.After(begin.Add(time.Second)) { // written since the client follows
			took = append(took, now.Sub(wrote))
		}
	}
	cmd.Process.Kill()
	cmd.Wait()
	if len(took) == 0 {
		return errors.New("no line came after the client began to follow")
	}
	slices.Sort(took)
	absolute(fmt.Sprintf("line written → seen by a client, p99 of %d", len(took)), took[len(took)*99/100], 100*time.Millisecond)
	return nil
}
