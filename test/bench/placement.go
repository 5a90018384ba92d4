package main

import (
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/gantry-project/gantry/scheduler"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

const (
	jobTasks  = 1000
	wholeJobs = 1000 // as many jobs make the million tasks of the goal
	fewJobs   = 200  // enough for a comparison
)

var (
	binpack  = []structs.PlacementStrategy{{Type: structs.StrategyBinpack, Field: "memory"}}
	spread   = []structs.PlacementStrategy{{Type: structs.StrategySpread, Field: "attribute:" + structs.AttributeZone}, {Type: structs.StrategySpread, Field: "instanceId"}}
	memberOf = []structs.PlacementConstraint{{
		Type: structs.ConstraintMemberOf, Expression: "attribute:class in [c0, c2, c4, c6, c8, c10, c12, c14, c16, c18]",
	}}
)

// placement measures the scheduler alone, from a snapshot to a plan with the ids of its tasks.
func placement() error {
	for _, c := range []struct {
		name     string
		strategy []structs.PlacementStrategy
	}{{"binpack", binpack}, {"spread over zones and instances", spread}} {
		plain, err := placeJobs(5_000, wholeJobs, c.strategy, nil)
		if err != nil {
			return err
		}
		rate("scheduler alone, "+c.name, jobTasks*wholeJobs, plain, 2_000_000)
		few, err := placeJobs(5_000, fewJobs, c.strategy, nil)
		if err != nil {
			return err
		}
		constrained, err := placeJobs(5_000, fewJobs, c.strategy, memberOf)
		if err != nil {
			return err
		}
		share := float64(few.cpu) / float64(constrained.cpu)
		figure("  with memberOf, against without", fmt.Sprintf("%.0f %%", 100*share), "≥ 50 %", share >= 0.5)
		small, err := placeJobs(1_000, fewJobs, c.strategy, nil)
		if err != nil {
			return err
		}
		large, err := placeJobs(10_000, fewJobs, c.strategy, nil)
		if err != nil {
			return err
		}
		cost := float64(large.cpu) / float64(small.cpu)
		figure("  a placement among 10,000 instances, against 1,000", fmt.Sprintf("%.2f ×", cost), "≤ 1.50 ×", cost <= 1.5)
	}
	return nil
}

// placeJobs places jobs of a thousand tasks, each on the instances as the jobs before left them,
// and prints the time.
func placeJobs(instances, jobs int, strategy []structs.PlacementStrategy, constraints []structs.PlacementConstraint) (spent, error) {
	store, total := state.New(), spent{}
	update := func(fn func(*state.Tx)) error {
		return store.Update(store.Snapshot().Index()+1, func(tx *state.Tx) error { fn(tx); return nil })
	}
	err := update(func(tx *state.Tx) {
		for n := range instances {
			tx.PutInstance(instance(n, instances))
		}
		for _, memory := range sizes {
			tx.PutTaskDefinition(definition(memory))
		}
	})
	for n := 0; n < jobs && err == nil; n++ {
		job := &structs.Job{
			ID: fmt.Sprintf("%032x", n), Cluster: "default", Type: structs.JobBatch, Group: fmt.Sprint("g", n), Count: jobTasks,
			TaskDefinition: definition(sizes[n%len(sizes)]).Key(), PlacementStrategy: strategy, PlacementConstraints: constraints,
		}
		if err := update(func(tx *state.Tx) { tx.PutJob(job) }); err != nil {
			return total, err
		}
		in := scheduler.Input{View: store.Snapshot(), Evaluation: &structs.Evaluation{Job: job.ID}, Seed: [16]byte{byte(n), byte(n >> 8)}}
		since := now()
		plan := scheduler.Schedule(in)
		total.add(since)
		if plan.Unplaced > 0 {
			return total, fmt.Errorf("%d tasks found no place: %v", plan.Unplaced, plan.Failures)
		}
		err = update(func(tx *state.Tx) { fillUp(tx, &plan) })
	}
	return total, err
}

// fillUp makes one task on each instance hold what all tasks of a plan would: a million tasks are
// measured elsewhere.
func fillUp(tx *state.Tx, plan *structs.Plan) {
	for _, p := range plan.Placements {
		task := structs.Task{ID: p.Instance, Instance: p.Instance, LastStatus: structs.TaskRunning}
		if was := tx.Task(task.ID); was != nil {
			task = *was
		}
		task.CPU += plan.Need.CPU
		task.Memory += plan.Need.Memory
		tx.PutTask(&task)
	}
}

// sizes of the tasks, in MiB.
var sizes = []int32{64, 96, 128}

func definition(memory int32) *structs.TaskDefinition {
	return &structs.TaskDefinition{
		Family: fmt.Sprint("size", memory), Revision: 1, Status: structs.DefinitionActive, NetworkMode: "bridge",
		ContainerDefinitions: []structs.ContainerDefinition{{Name: "app", Image: "app", Cpu: 64, Memory: new(memory), Essential: new(true)}},
	}
}

// instance returns one of so many instances that together have room for two million tasks, in three
// zones and twenty classes.
func instance(n, of int) *structs.ContainerInstance {
	zone := string(rune('a' + n%3))
	return &structs.ContainerInstance{
		ID: fmt.Sprintf("%08x%024x", uint32(n)*2654435761, n), Cluster: "default", Zone: zone, Status: structs.InstanceActive, AgentConnected: true,
		Registered: structs.Resources{CPU: 128 << 20 / int64(of), Memory: 288 << 20 / int64(of)},
		Attributes: []structs.Attribute{
			{Name: "ecs.os-type", Value: "linux"}, {Name: "ecs.cpu-architecture", Value: "x86_64"},
			{Name: structs.AttributeZone, Value: zone}, {Name: "class", Value: fmt.Sprint("c", n%20)},
		},
	}
}

// spent is time by the clock and processor time of this process, which says more on a machine that
// others use.
type spent struct{ wall, cpu time.Duration }

// now returns the time, and the processor time so far.
func now() (n struct {
	time time.Time
	cpu  time.Duration
}) {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it cannot fail for oneself
	n.time, n.cpu = time.Now(), time.Duration(u.Utime.Nano()+u.Stime.Nano())
	return n
}

func (s *spent) add(since struct {
	time time.Time
	cpu  time.Duration
}) {
	until := now()
	s.wall += until.time.Sub(since.time)
	s.cpu += until.cpu - since.cpu
}

// rate prints how many of something were done per second of processor time, and per second.
func rate(what string, count int, s spent, goal float64) {
	perCPU, perSecond := float64(count)/s.cpu.Seconds(), float64(count)/s.wall.Seconds()
	figure(what, fmt.Sprintf("%.2f M/cpu-s (%.2f M/s by the clock)", perCPU/1e6, perSecond/1e6), fmt.Sprintf("≥ %.2f M/s", goal/1e6), perCPU >= goal)
}

// figure prints a figure that is not a time.
func figure(what, value, goal string, ok bool) {
	fmt.Printf("%-52s gantry %-45s   goal %s   %s\n", what, strings.TrimSpace(value), goal, verdict(ok))
}
