package scheduler

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func TestShares(t *testing.T) {
	item := func(base, weight int32) structs.CapacityProviderStrategyItem {
		return structs.CapacityProviderStrategyItem{Base: base, Weight: weight}
	}
	cases := []struct {
		strategy []structs.CapacityProviderStrategyItem
		total    int
		want     []int
	}{
		{[]structs.CapacityProviderStrategyItem{item(0, 0)}, 5, []int{5}},
		{[]structs.CapacityProviderStrategyItem{item(2, 0), item(0, 1)}, 1, []int{1, 0}},
		{[]structs.CapacityProviderStrategyItem{item(2, 0), item(0, 1)}, 5, []int{2, 3}},
		{[]structs.CapacityProviderStrategyItem{item(2, 1), item(0, 1)}, 6, []int{4, 2}},
		{[]structs.CapacityProviderStrategyItem{item(0, 1), item(0, 4)}, 10, []int{2, 8}},
		{[]structs.CapacityProviderStrategyItem{item(0, 100), item(0, 300)}, 4, []int{1, 3}},
		// the first comes first
		{[]structs.CapacityProviderStrategyItem{item(0, 1), item(0, 1)}, 3, []int{2, 1}},
		{[]structs.CapacityProviderStrategyItem{item(0, 997), item(0, 1000)}, 1_000_000, []int{499_249, 500_751}},
	}
	for _, c := range cases {
		if got := structs.Shares(c.strategy, c.total); !slices.Equal(got, c.want) {
			t.Errorf("%v of %d: %v, want %v", c.strategy, c.total, got, c.want)
		}
	}
}

func drawStrategy(t *rapid.T) (strategy []structs.CapacityProviderStrategyItem) {
	based := rapid.IntRange(-1, 3).Draw(t, "based")
	for i := range rapid.IntRange(1, 4).Draw(t, "providers") {
		item := structs.CapacityProviderStrategyItem{CapacityProvider: fmt.Sprint("P", i), Weight: rapid.Int32Range(0, 7).Draw(t, "weight")}
		if i == based {
			item.Base = rapid.Int32Range(0, 5).Draw(t, "base")
		}
		strategy = append(strategy, item)
	}
	strategy[0].Weight = max(strategy[0].Weight, 1)
	return strategy
}

// TestSharesAreProportions: the base comes first, each share of the rest is its proportion rounded
// up or down, and no share shrinks when the total grows.
func TestSharesAreProportions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		strategy, total := drawStrategy(t), rapid.IntRange(0, 60).Draw(t, "total")
		checkShares(t, strategy, total, structs.Shares(strategy, total))
		before := structs.Shares(strategy, total)
		for i, n := range structs.Shares(strategy, total+1) {
			if n < before[i] {
				t.Fatalf("%v: the share of %d falls from %d to %d when the total grows from %d", strategy, i, before[i], n, total)
			}
		}
	})
}

func checkShares(t *rapid.T, strategy []structs.CapacityProviderStrategyItem, total int, got []int) {
	weights, rest := 0, total
	for i, item := range strategy {
		weights += int(item.Weight)
		base := min(int(item.Base), total)
		rest -= base
		if got[i] < base {
			t.Fatalf("%v of %d: %v does not give the base first", strategy, total, got)
		}
	}
	all := 0
	for i, item := range strategy {
		all += got[i]
		off := (got[i]-min(int(item.Base), total))*weights - rest*int(item.Weight)
		if off >= weights || off <= -weights {
			t.Fatalf("%v of %d: %v is off by a whole task", strategy, total, got)
		}
	}
	if all != total {
		t.Fatalf("%v of %d: %v are %d", strategy, total, got, all)
	}
}

// TestServiceKeepsItsShares lets a service with room for all tasks grow and shrink, and its tasks
// die: whenever it is complete, base and weights hold exactly.
func TestServiceKeepsItsShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newCluster(t)
		c.define(1, false, 0, 10, 0)
		strategy := drawStrategy(t)
		c.update(func(tx *state.Tx) {
			for n := range 8 {
				tx.PutInstance(&structs.ContainerInstance{
					ID: fmt.Sprint("i", n), Cluster: "default", Status: structs.InstanceActive, AgentConnected: true,
					Zone: fmt.Sprint("z", n%3), CapacityProvider: fmt.Sprint("P", n%4), Registered: structs.Resources{Memory: 9999},
				})
			}
		})
		job := structs.Job{
			ID: serviceJob, Cluster: "default", Name: "web", Type: structs.JobService, Status: structs.ServiceActive, TaskDefinition: "f:1",
			Service:          &structs.ServiceSpec{Update: structs.UpdatePolicy{MinimumHealthyPercent: 50, MaximumPercent: 150}},
			CapacityStrategy: strategy,
		}
		c.put(job, "ecs-svc/0000000000000000001")
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"count", "count", "die"}).Draw(t, "step") {
			case "count":
				next := *c.job()
				next.Count = rapid.IntRange(0, 20).Draw(t, "count")
				c.put(next, "")
			case "die":
				for _, task := range c.aliveTasks() {
					if rapid.IntRange(0, 3).Draw(t, "dies") == 0 {
						c.report(task.ID, structs.TaskStopped, "")
					}
				}
			}
			c.now += 3_600_000 // no backoff
			for range 10 {
				c.look()
				// the surplus goes once the others are up
				for _, task := range c.aliveTasks() {
					c.report(task.ID, structs.TaskRunning, "")
				}
			}
			got := make([]int, len(strategy))
			for _, task := range c.aliveTasks() {
				got[slices.IndexFunc(strategy, func(i structs.CapacityProviderStrategyItem) bool { return i.CapacityProvider == task.CapacityProvider })]++
				if on := c.store.Snapshot().Instance(task.Instance); on.CapacityProvider != task.CapacityProvider {
					t.Fatalf("task of %s on an instance of %s", task.CapacityProvider, on.CapacityProvider)
				}
			}
			checkShares(t, strategy, len(c.aliveTasks()), got)
			if len(c.aliveTasks()) != c.job().Count {
				t.Fatalf("%d tasks of %d", len(c.aliveTasks()), c.job().Count)
			}
		}
	})
}

func (c *cluster) aliveTasks() (alive []*structs.Task) {
	for t := range c.store.Snapshot().JobTasks(serviceJob) {
		if t.Holds() && t.DesiredStatus == structs.TaskRunning {
			alive = append(alive, t)
		}
	}
	return alive
}
