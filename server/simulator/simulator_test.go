package simulator_test

import (
	"bytes"
	"cmp"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// expected is where a simulation says that the tasks will be up, by job and the name of their
// instance.
func expected(before map[string]int, s *structs.Simulation) map[string]int {
	n := map[string]int{}
	for place, tasks := range before {
		n[place] = tasks
	}
	for _, j := range s.Jobs {
		for _, p := range j.Instances {
			place := cmp.Or(j.Name, j.ID) + " on " + p.Name
			if n[place] != p.Before {
				n[place] = -1 // it does not even know the present
			}
			if n[place] = p.After; p.After == 0 {
				delete(n, place)
			}
		}
	}
	return n
}

// why is what a job's tasks without a place were told.
type why struct {
	Unplaced int
	Filtered []structs.FilterCount
	Reasons  []string
}

// reasons omits the details: how much was free when a job was looked at last depends on which of
// several jobs was looked at first.
func reasons(failures []structs.PlacementFailure) (list []string) {
	for _, f := range failures {
		list = append(list, f.Reason)
	}
	return list
}

// unplaced are the tasks that wait for room, by job.
func unplaced(s *state.Snapshot) map[string]why {
	found := map[string]why{}
	for e := range s.BlockedEvaluations("default") {
		found[title(s.Job(e.Job))] = why{e.Unplaced, e.Filtered, reasons(e.Failures)}
	}
	return found
}

// byJob sums up the tasks of each job.
func byJob(places map[string]int) map[string]int {
	sums := map[string]int{}
	for place, n := range places {
		job, _, _ := strings.Cut(place, " on ")
		sums[job] += n
	}
	return sums
}

// TestSimulationComesTrue: what a simulation predicts is what then really happens, in any cluster
// and scenario, and the simulation changes nothing. For a rolling update it predicts how many tasks
// of each job are up in the end, if there is room for all of them.
func TestSimulationComesTrue(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := drawCluster(t, r)
		scenario, job := c.drawScenario(r), c.drawJob(r)
		before, stateBefore := counts(c.Store.Snapshot()), c.bytes()
		simulated, err := c.Control.Simulate(t.Context(), scenario, job)
		if err != nil {
			r.Fatal(err)
		}
		again, err := c.Control.Simulate(t.Context(), scenario, job)
		if err != nil {
			r.Fatal(err)
		}
		if again.Seconds = simulated.Seconds; len(scenario.Add) == 0 && job == nil && gocmp.Diff(simulated, again) != "" {
			r.Fatalf("simulated again, it says something else:\n%s", gocmp.Diff(simulated, again))
		}
		if !bytes.Equal(stateBefore, c.bytes()) {
			r.Fatal("the simulation changed the state")
		}
		if simulated.Cut != "" {
			r.Fatal(simulated.Cut)
		}
		said := map[string]why{}
		for _, j := range simulated.Jobs {
			if j.Unplaced > 0 {
				said[cmp.Or(j.Name, j.ID)] = why{j.Unplaced, j.Filtered, reasons(j.Failures)}
			}
		}
		updates := job != nil && c.Store.Snapshot().Service("default", job.Name) != nil
		c.happen(scenario, job)
		up, expects, waits := counts(c.Store.Snapshot()), expected(before, simulated), unplaced(c.Store.Snapshot())
		// where a task goes, and which of two jobs gets the last room, depends on how long each
		// task takes to start
		if updates {
			if len(waits)+len(said) > 0 {
				return
			}
			up, expects = byJob(up), byJob(expects)
		}
		if diff := gocmp.Diff(up, expects); diff != "" {
			r.Fatalf("tasks that are up (-really, +simulated):\n%s", diff)
		}
		if diff := gocmp.Diff(waits, said); diff != "" {
			r.Fatalf("tasks without a place (-really, +simulated):\n%s", diff)
		}
	})
}

// TestZoneLost is the answer to "what if a zone dies?".
func TestZoneLost(t *testing.T) {
	c := newCluster(t)
	c.join("a1", "a", 2048, 512)
	c.join("b1", "b", 2048, 1024)
	c.define("web", 64, 200)
	c.serve("web", "web", 4)
	c.settle()
	simulate := func(s structs.Scenario, summary string) *structs.Simulation {
		t.Helper()
		out, err := c.Control.Simulate(t.Context(), s, nil)
		if err != nil {
			t.Fatal(err)
		}
		if out.Summary != summary {
			t.Errorf("says %q, want %q", out.Summary, summary)
		}
		return out
	}
	lost := structs.Scenario{LoseZones: []string{"a"}}
	simulate(lost, "losing zone a: 2 tasks move")
	c.serve("more", "web", 2, func(in *control.CreateServiceInput) {
		in.PlacementConstraints = []structs.PlacementConstraint{{Type: "memberOf", Expression: "attribute:ecs.availability-zone == b"}}
	})
	c.settle()
	b := c.instances[1]
	out := simulate(lost, "losing zone a: 1 task moves, 1 task finds no room (200 MiB of memory and 64 CPU units in all); "+
		"it would take 176 MiB more memory on container instance "+b+" in zone b to start one more of service web")
	want := structs.SimulatedTasks{Before: 4, After: 3, Started: 1, Stopped: 2, Moved: 1, Unplaced: 1, Lacking: structs.Resources{CPU: 64, Memory: 200}}
	if diff := gocmp.Diff(want, out.Total); diff != "" {
		t.Error(diff)
	}
	lost.Add = []structs.AddedInstances{{Count: 1, Like: "a1", Zone: "c"}}
	out = simulate(lost, "losing zone a, adding 1 instance like a1 in zone c: 2 tasks move")
	if last := out.Instances[len(out.Instances)-1]; !last.New || last.Zone != "c" || last.After != 2 || last.Free.Memory != 112 {
		t.Errorf("the added instance is %+v", last)
	}
}

// TestUpdateIsSimulated: a job file moves a service to its next version, task by task, and all of
// them have moved in the end.
func TestUpdateIsSimulated(t *testing.T) {
	c := newCluster(t)
	c.join("a1", "a", 2048, 500)
	c.define("web", 64, 100)
	c.serve("web", "web", 3)
	c.settle()
	spec := structs.NewJobSpec(structs.JobService)
	spec.Name, spec.Count = "web", new(3)
	spec.Containers = []structs.ContainerDefinition{{Name: "c", Image: "new", Memory: new(int32(110))}}
	out, err := c.Control.Simulate(t.Context(), structs.Scenario{}, spec)
	if err != nil {
		t.Fatal(err)
	}
	if out.Summary != "running job web: 3 tasks move" || out.Jobs[0].TaskDefinition != "web:2" || out.Instances[0].Free.Memory != 170 {
		t.Errorf("simulation: %+v", out)
	}
	c.happen(structs.Scenario{}, spec)
	if got := c.Store.Snapshot().Usage(c.instances[0]).Memory; got != 330 {
		t.Errorf("really %d MiB are held in the end", got)
	}
}

// TestWaitingIsSimulated: a protected task leaves a draining instance when its protection ends, not
// before; one that is protected for longer than anybody plans ahead cuts the simulation short.
func TestWaitingIsSimulated(t *testing.T) {
	c := newCluster(t)
	a := c.join("a1", "a", 2048, 512)
	c.define("web", 64, 200)
	c.serve("web", "web", 1)
	c.settle()
	c.join("b1", "b", 2048, 512)
	var task string
	for held := range c.Store.Snapshot().InstanceTasks(a) {
		task = held.ID
	}
	for _, test := range []struct {
		hours int
		moves int
		cut   string
	}{{2, 1, ""}, {40, 0, "something is to be decided more than a day from now"}} {
		protected := structs.TimeOf(c.Control.Now().Std().Add(time.Duration(test.hours) * time.Hour))
		c.MustApply(t, structs.ProtectTasks{Tasks: []string{task}, Until: protected, At: c.now()})
		out, err := c.Control.Simulate(t.Context(), structs.Scenario{Drain: []string{"a1"}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if out.Total.Stopped != test.moves || out.Cut != test.cut || (test.cut == "") != (out.Seconds > 7000 && out.Seconds < 7300) {
			t.Errorf("protected for %d hours: %d tasks move within %v seconds, cut short because %q", test.hours, out.Total.Moved, out.Seconds, out.Cut)
		}
	}
}
