package scheduler

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gantry-project/gantry/scheduler/place"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// BenchmarkPlace places a thousand services of a thousand tasks each, of three sizes, on instances
// in three zones and twenty classes, with task ids; each service finds what those before it left.
func BenchmarkPlace(b *testing.B) {
	zone := structs.PlacementStrategy{Type: structs.StrategySpread, Field: "attribute:" + structs.AttributeZone}
	binpack := structs.PlacementStrategy{Type: structs.StrategyBinpack, Field: "memory"}
	var half []string
	for class := range 10 {
		half = append(half, fmt.Sprintf("c%d", class*2))
	}
	memberOf := structs.PlacementConstraint{Type: structs.ConstraintMemberOf, Expression: "attribute:class in [" + strings.Join(half, ", ") + "]"}
	for _, c := range []struct {
		name        string
		strategy    []structs.PlacementStrategy
		constraints []structs.PlacementConstraint
	}{
		{"binpack", []structs.PlacementStrategy{binpack}, nil},
		{"zones-binpack", []structs.PlacementStrategy{zone, binpack}, nil},
		{"zones-instances", nil, nil},
		{"random", []structs.PlacementStrategy{{Type: structs.StrategyRandom}}, nil},
		{"binpack-memberOf", []structs.PlacementStrategy{binpack}, []structs.PlacementConstraint{memberOf}},
		{"zones-binpack-memberOf", []structs.PlacementStrategy{zone, binpack}, []structs.PlacementConstraint{memberOf}},
	} {
		for _, instances := range []int{1_000, 5_000, 10_000} {
			b.Run(fmt.Sprintf("%s/instances=%d", c.name, instances), func(b *testing.B) {
				job := &structs.Job{ID: "j", Cluster: "default", Type: structs.JobService, Count: 1000, PlacementStrategy: c.strategy, PlacementConstraints: c.constraints}
				f := newFarm(b, instances)
				b.ReportAllocs()
				n, cpu := 0, time.Duration(0)
				for b.Loop() {
					need := &structs.Resources{CPU: 64, Memory: []int64{64, 96, 128}[n%3]}
					ids := newTaskIDs([16]byte{byte(n >> 16), byte(n >> 8), byte(n)})
					var plan structs.Plan
					cpu -= cpuTime(b)
					r := &place.Request{View: f.snapshot, Job: job, Definition: &structs.TaskDefinition{}, Need: need, Count: job.Count}
					found := fill(&plan, r, &ids)
					cpu += cpuTime(b)
					if plan.Unplaced > 0 {
						b.Fatalf("%d unplaced of service %d", plan.Unplaced, n)
					}
					b.StopTimer()
					if n++; n%1000 == 0 {
						f = newFarm(b, instances)
					} else {
						f.apply(b, found.Instances, need)
					}
					b.StartTimer()
				}
				b.ReportMetric(float64(job.Count*n)/b.Elapsed().Seconds(), "placements/s")
				b.ReportMetric(float64(job.Count*n)/cpu.Seconds(), "placements/cpu-s")
			})
		}
	}
}

// cpuTime returns the processor time of this process: on a shared machine it says more than a
// clock.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// farm is a cluster that fills. On each instance runs one task, which grows.
type farm struct {
	store    *state.Store
	snapshot *state.Snapshot
}

func newFarm(b *testing.B, instances int) *farm {
	f := &farm{store: state.New()}
	f.update(b, func(tx *state.Tx) {
		for i := range instances {
			tx.PutInstance(&structs.ContainerInstance{
				ID: fmt.Sprintf("%032x", i), Cluster: "default", Status: structs.InstanceActive, AgentConnected: true,
				Registered: structs.Resources{CPU: 64 << 20 / int64(instances) * 2, Memory: 96 << 20 / int64(instances) * 3},
				Attributes: []structs.Attribute{
					{Name: "ecs.os-type", Value: "linux"}, {Name: "ecs.cpu-architecture", Value: "x86_64"},
					{Name: structs.AttributeZone, Value: string(rune('a' + i%3))}, {Name: "class", Value: fmt.Sprintf("c%d", i%20)},
				},
			})
		}
	})
	return f
}

func (f *farm) apply(b *testing.B, where []string, need *structs.Resources) {
	f.update(b, func(tx *state.Tx) {
		for _, instance := range where {
			task := structs.Task{ID: instance, Instance: instance, LastStatus: structs.TaskRunning}
			if was := tx.Task(instance); was != nil {
				task = *was
			}
			task.CPU += need.CPU
			task.Memory += need.Memory
			tx.PutTask(&task)
		}
	})
}

func (f *farm) update(b *testing.B, fn func(*state.Tx)) {
	if err := f.store.Update(f.store.Snapshot().Index()+1, func(tx *state.Tx) error { fn(tx); return nil }); err != nil {
		b.Fatal(err)
	}
	f.snapshot = f.store.Snapshot()
}
