package scheduler

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// TestScaleInIsOneByOne compares with the slow way: look at all remaining tasks, take the one that
// is stopped first, and repeat.
func TestScaleInIsOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		store := state.New()
		var pool []*structs.Task
		err := store.Update(1, func(tx *state.Tx) error {
			for n := range 5 {
				tx.PutInstance(&structs.ContainerInstance{
					ID: fmt.Sprintf("i%d", n), Attributes: []structs.Attribute{{Name: structs.AttributeZone, Value: fmt.Sprintf("z%d", n%2)}},
				})
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		s := &service{
			planWriter: planWriter{
				look: look{
					in: Input{View: store.Snapshot(), Now: 100}, job: &structs.Job{Service: &structs.ServiceSpec{}},
					primary: &structs.Deployment{}, definitions: map[string]*structs.TaskDefinition{},
				},
				plan: &structs.Plan{},
			},
			fleet: fleet{leaving: map[string]bool{}, hosts: map[string]int{}},
		}
		for n := range rapid.IntRange(0, 20).Draw(t, "tasks") {
			task := &structs.Task{
				ID: fmt.Sprintf("t%02d", n), Instance: fmt.Sprintf("i%d", rapid.IntRange(0, 4).Draw(t, "instance")),
				LastStatus:     rapid.SampledFrom([]structs.TaskStatus{structs.TaskPending, structs.TaskRunning, structs.TaskRunning}).Draw(t, "status"),
				CreatedAt:      structs.Time(rapid.IntRange(1, 3).Draw(t, "created")),
				ProtectedUntil: rapid.SampledFrom([]structs.Time{0, 0, 100, 101}).Draw(t, "protected"),
			}
			s.enlist(task, false)
			if rapid.IntRange(0, 4).Draw(t, "in the pool") > 0 {
				pool = append(pool, task)
			}
		}
		n := rapid.IntRange(0, len(pool)).Draw(t, "n")
		want := oneByOne(s, pool, n)
		if got := s.release(&pool, n); got != len(want) {
			t.Fatalf("%d tasks were stopped, want %d", got, len(want))
		}
		var got []string
		for _, stop := range s.plan.Stops {
			got = append(got, stop.Task)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("stopped %v, want %v", got, want)
		}
		if slices.ContainsFunc(pool, func(t *structs.Task) bool { return slices.Contains(got, t.ID) }) {
			t.Fatalf("a stopped task is in the pool still")
		}
	})
}

// oneByOne returns the n tasks that are stopped first.
func oneByOne(s *service, pool []*structs.Task, n int) (gone []string) {
	zone := func(t *structs.Task) string {
		value, _ := s.in.View.Instance(t.Instance).Attribute(structs.AttributeZone)
		return value
	}
	zones, hosts := map[string]int{}, map[string]int{}
	for _, t := range slices.Concat(s.fleet.old.healthy, s.fleet.old.unready) {
		zones[zone(t)]++
		hosts[t.Instance]++
	}
	left := slices.DeleteFunc(slices.Clone(pool), func(t *structs.Task) bool { return t.ProtectedUntil > 100 })
	for range min(n, len(left)) {
		first := slices.MinFunc(left, func(a, b *structs.Task) int {
			return cmp.Or(
				cmp.Compare(a.LastStatus, b.LastStatus),
				cmp.Compare(zones[zone(b)], zones[zone(a)]), cmp.Compare(hosts[b.Instance], hosts[a.Instance]),
				cmp.Compare(zone(a), zone(b)), cmp.Compare(a.Instance, b.Instance),
				cmp.Compare(b.CreatedAt, a.CreatedAt), cmp.Compare(a.ID, b.ID),
			)
		})
		gone = append(gone, first.ID)
		zones[zone(first)]--
		hosts[first.Instance]--
		left = slices.DeleteFunc(left, func(t *structs.Task) bool { return t == first })
	}
	return gone
}
