package place

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/structs"
)

// TestPlanIsWhatChoosingForEachTaskGives compares with the slow way: for each task look at all
// instances and take the best. So it also checks that nothing is over-committed, that constraints
// hold, and that unplaced tasks fit nowhere.
func TestPlanIsWhatChoosingForEachTaskGives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		found, books := s.find(t), s.books()
		need := structs.Need(s.def, nil)
		var where []string
		for range s.wanted() {
			var best *held
			for _, i := range s.instances {
				if h := books[i.ID]; h.takes(need) && (best == nil || s.better(books, h, best)) {
					best = h
				}
			}
			if best == nil {
				break
			}
			best.take(need)
			where = append(where, best.instance.ID)
		}
		if !slices.Equal(found.Instances, where) {
			t.Fatalf("%s %v\nplaced on %v\nwant      %v", s.job.Type, s.job.PlacementStrategy, found.Instances, where)
		}
		checkReasons(t, s, &found, books)
	})
}

// checkReasons checks that, if tasks are unplaced, up to ten instances are named with a true reason
// and all are counted, and that otherwise there are no reasons.
func checkReasons(t *rapid.T, s *scene, found *Result, books map[string]*held) {
	instances, filtered := 0, 0
	for _, i := range s.instances {
		if i.Cluster == "default" && i.Status != "INACTIVE" {
			instances++
		}
	}
	for _, f := range found.Filtered {
		filtered += f.Instances
	}
	switch {
	case len(found.Instances) == s.wanted():
		if len(found.Failures)+filtered > 0 || found.Remedy != "" {
			t.Fatalf("failures though all is placed: %v %v %s", found.Failures, found.Filtered, found.Remedy)
		}
		return
	case filtered != instances:
		t.Fatalf("%v for %d instances", found.Filtered, instances)
	case instances == 0:
		if len(found.Failures) != 1 || found.Failures[0].Reason != structs.FailNoInstance {
			t.Fatalf("without an instance the failures are %v", found.Failures)
		}
		return
	case len(found.Failures) != min(instances, 10):
		t.Fatalf("%d failures for %d instances", len(found.Failures), instances)
	}
	named := map[string]bool{}
	for _, f := range found.Failures {
		if named[f.Instance] {
			t.Fatalf("%s is named twice", f.Instance)
		}
		named[f.Instance] = true
		h, need := books[f.Instance], structs.Need(s.def, nil)
		if h.instance.Cluster != "default" {
			t.Fatalf("%s is of another cluster", f.Instance)
		}
		untrue := map[string]bool{
			structs.FailInactive:  h.instance.Status == "ACTIVE",
			structs.FailAgent:     h.instance.AgentConnected,
			structs.FailRuntime:   !h.instance.Impaired(),
			structs.FailUnstable:  h.instance.HeldUntil == 0,
			structs.FailAttribute: h.platform() && h.capability(),
			structs.FailMemberOf:  h.member(),
			structs.FailDistinct:  h.distinct(),
			structs.FailMemory:    h.memory+need.Memory <= h.instance.Registered.Memory,
			structs.FailCPU:       h.cpu+need.CPU <= h.instance.Registered.CPU,
			structs.FailGPU:       h.gpusFree(need),
			structs.FailPorts:     h.portsFree(need),
		}
		if is, known := untrue[f.Reason]; is || !known {
			t.Fatalf("%s is said to fail for %s", f.Instance, f.Reason)
		}
		if f.Detail == "" {
			t.Fatalf("%s fails for %s without a detail", f.Instance, f.Reason)
		}
	}
}

// TestNamedInstancesAreNotOvercommitted: StartTask on random instances.
func TestNamedInstancesAreNotOvercommitted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		s.job.Type = structs.JobBatch
		s.job.Instances = rapid.SliceOfN(rapid.SampledFrom([]string{"i00", "i01", "i02", "i03", "none"}), 1, 8).Draw(t, "on")
		s.job.Count = len(s.job.Instances)
		s.tasks = slices.DeleteFunc(s.tasks, func(t *structs.Task) bool { return t.Job == "job" })
		found, books, need := s.find(t), s.books(), structs.Need(s.def, nil)
		var want []string
		for _, id := range s.job.Instances {
			if h := books[id]; h != nil && h.takes(need) {
				h.take(need)
				want = append(want, id)
			}
		}
		if !slices.Equal(found.Instances, want) {
			t.Fatalf("placed on %v, want %v", found.Instances, want)
		}
		if unplaced := len(s.job.Instances) - len(want); len(found.Failures) != unplaced {
			t.Fatalf("%d unplaced with failures %v", unplaced, found.Failures)
		}
	})
}

func TestSameRequestSameResult(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		first := s.find(t)
		order := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 0))
		order.Shuffle(len(s.instances), func(i, j int) { s.instances[i], s.instances[j] = s.instances[j], s.instances[i] })
		order.Shuffle(len(s.tasks), func(i, j int) { s.tasks[i], s.tasks[j] = s.tasks[j], s.tasks[i] })
		if again := s.find(t); !reflect.DeepEqual(first, again) {
			t.Fatalf("the same cluster built in another order gives another result:\n%+v\n%+v", first, again)
		}
	})
}
