package scheduler

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// scene is a random cluster with a job that wants tasks.
type scene struct {
	instances []*structs.ContainerInstance
	tasks     []*structs.Task
	job       *structs.Job
	def       *structs.TaskDefinition
	seed      [16]byte
}

var drawPorts = rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) structs.Port {
	return structs.Port{Number: rapid.Uint16Range(80, 83).Draw(t, "port"), Protocol: rapid.SampledFrom([]string{"tcp", "udp"}).Draw(t, "protocol")}
}), 0, 3, rapid.ID)

func drawScene(t *rapid.T) *scene {
	s := &scene{
		job: &structs.Job{ID: "job", Cluster: "default", Type: structs.JobBatch, TaskDefinition: "f:1", Count: rapid.IntRange(0, 40).Draw(t, "count")},
		def: &structs.TaskDefinition{Family: "f", Revision: 1},
	}
	container := structs.ContainerDefinition{Cpu: rapid.Int32Range(0, 8).Draw(t, "cpu"), Memory: new(rapid.Int32Range(0, 8).Draw(t, "memory"))}
	if rapid.Bool().Draw(t, "with ports") {
		for _, p := range drawPorts.Draw(t, "ports") {
			container.PortMappings = append(container.PortMappings, structs.PortMapping{HostPort: new(int32(p.Number)), Protocol: p.Protocol})
		}
	}
	s.def.ContainerDefinitions = []structs.ContainerDefinition{container}
	for n := range rapid.IntRange(0, 16).Draw(t, "instances") {
		i := &structs.ContainerInstance{
			ID: fmt.Sprintf("i%02d", n), Cluster: rapid.SampledFrom([]string{"default", "default", "default", "other"}).Draw(t, "cluster"),
			Status:         rapid.SampledFrom([]string{"ACTIVE", "ACTIVE", "ACTIVE", "DRAINING", "INACTIVE"}).Draw(t, "status"),
			AgentConnected: rapid.IntRange(0, 4).Draw(t, "agent") > 0,
			Registered: structs.Resources{
				CPU: rapid.Int64Range(0, 32).Draw(t, "cpu"), Memory: rapid.Int64Range(0, 32).Draw(t, "memory"), Ports: drawPorts.Draw(t, "reserved"),
			},
		}
		s.instances = append(s.instances, i)
		for range rapid.IntRange(0, 3).Draw(t, "tasks") {
			s.tasks = append(s.tasks, &structs.Task{
				ID: fmt.Sprintf("t%d", len(s.tasks)), Job: rapid.SampledFrom([]string{"job", "old", "old"}).Draw(t, "job"), Instance: i.ID,
				LastStatus: rapid.SampledFrom([]structs.TaskStatus{structs.TaskRunning, structs.TaskStopped}).Draw(t, "status"),
				CPU:        rapid.Int64Range(0, 12).Draw(t, "cpu"), Memory: rapid.Int64Range(0, 12).Draw(t, "memory"), Ports: drawPorts.Draw(t, "held"),
			})
		}
	}
	copy(s.seed[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "seed"))
	return s
}

// snapshot puts the scene into a store in its order.
func (s *scene) snapshot(t interface{ Fatal(...any) }) *state.Snapshot {
	store := state.New()
	err := store.Update(1, func(tx *state.Tx) error {
		tx.PutJob(s.job)
		tx.PutTaskDefinition(s.def)
		for _, i := range s.instances {
			tx.PutInstance(i)
		}
		for _, task := range s.tasks {
			tx.PutTask(task)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return store.Snapshot()
}

func (s *scene) plan(t interface{ Fatal(...any) }) structs.Plan {
	return Schedule(Input{View: s.snapshot(t), Evaluation: &structs.Evaluation{ID: "e", Job: "job", ModifyIndex: 1}, Now: 5, Seed: s.seed}).Plan
}

// held is an instance's books, kept here in the plainest way so as not to trust the code under test.
type held struct {
	instance    *structs.ContainerInstance
	cpu, memory int64
	ports       map[structs.Port]bool
}

func (s *scene) books() map[string]*held {
	books := map[string]*held{}
	for _, i := range s.instances {
		h := &held{instance: i, ports: map[structs.Port]bool{}}
		for _, p := range i.Registered.Ports {
			h.ports[p] = true
		}
		books[i.ID] = h
	}
	for _, t := range s.tasks {
		if t.LastStatus != structs.TaskStopped {
			books[t.Instance].take(structs.Resources{CPU: t.CPU, Memory: t.Memory, Ports: t.Ports})
		}
	}
	return books
}

func (h *held) takes(need structs.Resources) bool {
	i := h.instance
	return i.Cluster == "default" && i.Status == "ACTIVE" && i.AgentConnected &&
		(need.CPU == 0 || h.cpu+need.CPU <= i.Registered.CPU) && (need.Memory == 0 || h.memory+need.Memory <= i.Registered.Memory) &&
		!slices.ContainsFunc(need.Ports, func(p structs.Port) bool { return h.ports[p] })
}

func (h *held) take(need structs.Resources) {
	h.cpu += need.CPU
	h.memory += need.Memory
	for _, p := range need.Ports {
		h.ports[p] = true
	}
}

// TestPlanIsWhatChoosingForEachTaskGives compares with the slow way: for each task look at all instances and take the best
// fit. So it also holds that nothing is over-committed, and that what is not placed fits nowhere.
func TestPlanIsWhatChoosingForEachTaskGives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		plan, books := s.plan(t), s.books()
		wanted := s.job.Count
		for _, task := range s.tasks {
			if task.Job == "job" {
				wanted--
			}
		}
		wanted = max(0, wanted)
		need := structs.Need(s.def, nil)
		var where []string
		for range wanted {
			var best *held
			for _, i := range s.instances {
				if h := books[i.ID]; h.takes(need) && (best == nil || compareHeld(h, best) < 0) {
					best = h
				}
			}
			if best == nil {
				break
			}
			best.take(need)
			where = append(where, best.instance.ID)
		}
		var got []string
		for _, p := range plan.Placements {
			got = append(got, p.Instance)
		}
		if !slices.Equal(got, where) {
			t.Fatalf("placed on %v, want %v", got, where)
		}
		if plan.Unplaced != wanted-len(where) {
			t.Fatalf("%d unplaced of %d wanted, %d placed", plan.Unplaced, wanted, len(where))
		}
		checkReasons(t, s, &plan, books)
	})
}

func compareHeld(a, b *held) int {
	return cmp.Or(cmp.Compare(a.instance.Registered.Memory-a.memory, b.instance.Registered.Memory-b.memory),
		cmp.Compare(a.instance.Registered.CPU-a.cpu, b.instance.Registered.CPU-b.cpu), cmp.Compare(a.instance.ID, b.instance.ID))
}

// checkReasons: with tasks unplaced each instance, up to ten, has a reason that is true of it; with none there are none.
func checkReasons(t *rapid.T, s *scene, plan *structs.Plan, books map[string]*held) {
	instances := 0
	for _, i := range s.instances {
		if i.Cluster == "default" && i.Status != "INACTIVE" {
			instances++
		}
	}
	switch {
	case plan.Unplaced == 0:
		if len(plan.Failures) > 0 {
			t.Fatalf("failures though all is placed: %v", plan.Failures)
		}
		return
	case instances == 0:
		if len(plan.Failures) != 1 || plan.Failures[0].Reason != structs.FailNoInstance {
			t.Fatalf("without an instance the failures are %v", plan.Failures)
		}
		return
	case len(plan.Failures) != min(instances, 10):
		t.Fatalf("%d failures for %d instances", len(plan.Failures), instances)
	}
	named := map[string]bool{}
	for _, f := range plan.Failures {
		if named[f.Instance] {
			t.Fatalf("%s is named twice", f.Instance)
		}
		named[f.Instance] = true
		h, need := books[f.Instance], plan.Need
		if h.instance.Cluster != "default" {
			t.Fatalf("%s is of another cluster", f.Instance)
		}
		untrue := map[string]bool{
			structs.FailInactive: h.instance.Status == "ACTIVE",
			structs.FailAgent:    h.instance.AgentConnected,
			structs.FailMemory:   h.memory+need.Memory <= h.instance.Registered.Memory,
			structs.FailCPU:      h.cpu+need.CPU <= h.instance.Registered.CPU,
			structs.FailPorts:    !slices.ContainsFunc(need.Ports, func(p structs.Port) bool { return h.ports[p] }),
		}
		if is, known := untrue[f.Reason]; is || !known {
			t.Fatalf("%s is said to fail for %s", f.Instance, f.Reason)
		}
	}
}

// TestNamedInstancesAreNotOvercommitted: StartTask on random instances.
func TestNamedInstancesAreNotOvercommitted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		s.job.Instances = rapid.SliceOfN(rapid.SampledFrom([]string{"i00", "i01", "i02", "i03", "none"}), 1, 8).Draw(t, "on")
		s.job.Count = len(s.job.Instances)
		s.tasks = slices.DeleteFunc(s.tasks, func(t *structs.Task) bool { return t.Job == "job" })
		plan, books := s.plan(t), s.books()
		var want []string
		for _, id := range s.job.Instances {
			if h := books[id]; h != nil && h.takes(plan.Need) {
				h.take(plan.Need)
				want = append(want, id)
			}
		}
		var got []string
		for _, p := range plan.Placements {
			got = append(got, p.Instance)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("placed on %v, want %v", got, want)
		}
		if plan.Unplaced != len(s.job.Instances)-len(want) || len(plan.Failures) != plan.Unplaced {
			t.Fatalf("%d unplaced with failures %v", plan.Unplaced, plan.Failures)
		}
	})
}

func TestSameInputSamePlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		first := s.plan(t)
		order := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 0))
		order.Shuffle(len(s.instances), func(i, j int) { s.instances[i], s.instances[j] = s.instances[j], s.instances[i] })
		order.Shuffle(len(s.tasks), func(i, j int) { s.tasks[i], s.tasks[j] = s.tasks[j], s.tasks[i] })
		if again := s.plan(t); !reflect.DeepEqual(first, again) {
			t.Fatalf("the same cluster built in another order gives another plan:\n%+v\n%+v", first, again)
		}
	})
}
