package scheduler

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// TestRebalancing puts a service's tasks anywhere and checks that they drift to where its strategy
// wants them:
//
//   - each round leaves the tasks strictly more even than the one before, and none moves more than
//     is needed in the end;
//   - at every moment as many are healthy as are desired, and no more are there than the maximum
//     percent allows;
//   - once it has come to rest, another look changes nothing, and the tasks are as even as they can
//     be.
func TestRebalancing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawUneven(t)
		before := c.uneven()
		best, needed := c.best()
		moved := 0
		for round := 0; ; round++ {
			plan := c.look()
			if len(plan.Placements) == 0 {
				break
			}
			if len(plan.Stops) > 0 {
				t.Fatalf("tasks stop before others have taken their place: %+v", plan)
			}
			moved += len(plan.Placements)
			c.finishRound(t)
			after := c.uneven()
			if slices.Compare(after, before) >= 0 {
				t.Fatalf("round %d leaves the tasks at %v; they were at %v", round, after, before)
			}
			before = after
		}
		if again := Schedule(c.input()); len(again.Placements)+len(again.Stops)+len(again.Events) > 0 {
			t.Fatalf("another look changes something: %+v", again)
		}
		if !slices.Equal(before, best) || moved > needed {
			t.Fatalf("%d tasks were moved to %v, where %d moves lead to %v", moved, before, needed, best)
		}
		if moved == 0 && needed > 0 {
			t.Fatalf("nothing moved")
		}
	})
}

// unevenCluster is a cluster with a service whose tasks were put anywhere.
type unevenCluster struct {
	*cluster
	levels []string
	hosts  bool // the strategy spreads over instances as well
}

func drawUneven(t *rapid.T) *unevenCluster {
	c := &unevenCluster{cluster: newCluster(t)}
	c.define(1, false, 0, 1, 0)
	zones := rapid.IntRange(1, 3).Draw(t, "zones")
	racks := rapid.IntRange(1, 2).Draw(t, "racks")
	instances := rapid.IntRange(1, 7).Draw(t, "instances")
	for n := range instances {
		c.update(func(tx *state.Tx) {
			tx.PutInstance(&structs.ContainerInstance{
				ID: fmt.Sprintf("i%d", n), Cluster: "default", Status: structs.InstanceActive, AgentConnected: true,
				Attributes: []structs.Attribute{
					{Name: structs.AttributeZone, Value: fmt.Sprintf("z%d", n%zones)},
					{Name: "rack", Value: fmt.Sprintf("r%d", rapid.IntRange(0, racks-1).Draw(t, "rack"))},
				},
				Registered: structs.Resources{CPU: 1024, Memory: rapid.Int64Range(100, 200).Draw(t, "memory")},
			})
		})
	}
	job := structs.Job{
		ID: serviceJob, Cluster: "default", Name: "web", Type: structs.JobService, Status: structs.ServiceActive, TaskDefinition: "f:1",
		Count: rapid.IntRange(0, 12).Draw(t, "count"),
		Service: &structs.ServiceSpec{Rebalancing: structs.RebalancingEnabled, Update: structs.UpdatePolicy{
			MinimumHealthyPercent: 100, MaximumPercent: rapid.Int32Range(200, 300).Draw(t, "max"),
		}},
	}
	c.drawStrategy(t, &job)
	c.put(job, "ecs-svc/1")
	c.alterDeployment("ecs-svc/1", func(d *structs.Deployment) { d.Rollout = structs.RolloutCompleted })
	c.update(func(tx *state.Tx) {
		for n := range job.Count {
			id := fmt.Sprintf("%032d", n)
			tx.PutTask(&structs.Task{
				ID: id, Cluster: "default", Job: serviceJob, StartedBy: "ecs-svc/1", TaskDefinition: "f:1", Memory: 1,
				Instance:   fmt.Sprintf("i%d", rapid.IntRange(0, instances-1).Draw(t, "on")),
				LastStatus: structs.TaskRunning, DesiredStatus: structs.TaskRunning,
			})
		}
	})
	return c
}

// drawStrategy draws what the service is spread over, if anything.
func (c *unevenCluster) drawStrategy(t *rapid.T, job *structs.Job) {
	spread := func(fields ...string) {
		for _, field := range fields {
			job.PlacementStrategy = append(job.PlacementStrategy, structs.PlacementStrategy{Type: structs.StrategySpread, Field: field})
		}
	}
	switch rapid.IntRange(0, 4).Draw(t, "strategy") {
	case 0:
		c.levels, c.hosts = []string{structs.AttributeZone}, true // as without any
	case 1:
		spread("instanceId")
		c.hosts = true
	case 2:
		spread("attribute:rack")
		c.levels, c.hosts = []string{"rack"}, true
	case 3:
		spread("attribute:rack")
		job.PlacementStrategy = append(job.PlacementStrategy, structs.PlacementStrategy{Type: structs.StrategyBinpack, Field: "memory"})
		c.levels = []string{"rack"}
	case 4:
		spread("attribute:rack", "attribute:"+structs.AttributeZone)
		job.PlacementStrategy = append(job.PlacementStrategy, structs.PlacementStrategy{Type: structs.StrategyRandom})
		c.levels = []string{"rack", structs.AttributeZone}
	}
}

// finishRound brings new tasks up one by one, looks after each, and ends those that are asked to
// stop.
func (c *unevenCluster) finishRound(t *rapid.T) {
	tasks := slices.Collect(c.store.Snapshot().JobTasks(serviceJob))
	for _, task := range rapid.Permutation(tasks).Draw(t, "order") {
		if c.look(); task.LastStatus < structs.TaskRunning {
			c.report(task.ID, structs.TaskRunning, "")
		}
		healthy, alive := c.counts()
		if count := c.job().Count; healthy < count || alive*100 > count*int(c.job().Service.Update.MaximumPercent) {
			t.Fatalf("%d tasks, of them %d healthy, where %d are desired", alive, healthy, count)
		}
	}
	c.look()
	for task := range c.store.Snapshot().JobTasks(serviceJob) {
		if task.DesiredStatus == structs.TaskStopped {
			c.report(task.ID, structs.TaskStopped, "")
		}
	}
	if healthy, alive := c.counts(); healthy != alive || alive != c.job().Count {
		t.Fatalf("%d tasks, of them %d healthy, are left of %d", alive, healthy, c.job().Count)
	}
}

func (c *unevenCluster) counts() (healthy, all int) {
	for task := range c.store.Snapshot().JobTasks(serviceJob) {
		if alive(task) {
			all++
			if task.LastStatus == structs.TaskRunning {
				healthy++
			}
		}
	}
	return healthy, all
}

// uneven returns the sums of squares of the strategy's levels.
func (c *unevenCluster) uneven() []int {
	on := map[string]int{}
	for task := range c.store.Snapshot().JobTasks(serviceJob) {
		if alive(task) {
			on[task.Instance]++
		}
	}
	return c.unevenOf(on)
}

func (c *unevenCluster) unevenOf(on map[string]int) []int {
	sums := make([]map[string]int, len(c.levels)+1)
	for i := range c.store.Snapshot().Instances("default") {
		path := ""
		for level := range sums {
			if sums[level] == nil {
				sums[level] = map[string]int{}
			}
			value := i.ID
			if level < len(c.levels) {
				value, _ = i.Attribute(c.levels[level])
			}
			path += value + "/"
			sums[level][path] += on[i.ID]
		}
	}
	if !c.hosts {
		sums = sums[:len(c.levels)]
	}
	squares := make([]int, len(sums))
	for level, places := range sums {
		for n := range maps.Values(places) {
			squares[level] += n * n
		}
	}
	return squares
}

// best tries all placements of the tasks, and returns how even the best is and the fewest moves
// that lead to one as even.
func (c *unevenCluster) best() (squares []int, moves int) {
	has := map[string]int{}
	for task := range c.store.Snapshot().JobTasks(serviceJob) {
		has[task.Instance]++
	}
	var ids []string
	for i := range c.store.Snapshot().Instances("default") {
		ids = append(ids, i.ID)
	}
	on := map[string]int{}
	var try func(at, left, moved int)
	try = func(at, left, moved int) {
		if at == len(ids)-1 {
			on[ids[at]] = left
			moved += max(0, has[ids[at]]-left)
			switch found := c.unevenOf(on); {
			case squares == nil || slices.Compare(found, squares) < 0:
				squares, moves = found, moved
			case slices.Equal(found, squares):
				moves = min(moves, moved)
			}
			return
		}
		for n := range left + 1 {
			on[ids[at]] = n
			try(at+1, left-n, moved+max(0, has[ids[at]]-n))
		}
	}
	try(0, c.job().Count, 0)
	return squares, moves
}

// BenchmarkLookAtRest is a look at a service of ten tasks that finds nothing to move, on ten
// thousand instances: what rebalancing adds to every look at a service that is at rest.
func BenchmarkLookAtRest(b *testing.B) {
	c := newCluster(b)
	c.define(1, false, 0, 1, 0)
	c.update(func(tx *state.Tx) {
		for n := range 10_000 {
			tx.PutInstance(&structs.ContainerInstance{
				ID: fmt.Sprintf("i%05d", n), Cluster: "default", Status: structs.InstanceActive, AgentConnected: true,
				Attributes: []structs.Attribute{{Name: structs.AttributeZone, Value: fmt.Sprintf("z%d", n%3)}},
				Registered: structs.Resources{CPU: 1024, Memory: 1024},
			})
		}
	})
	c.put(structs.Job{
		ID: serviceJob, Cluster: "default", Name: "web", Type: structs.JobService, Status: structs.ServiceActive, TaskDefinition: "f:1", Count: 10,
		Service: &structs.ServiceSpec{Rebalancing: structs.RebalancingEnabled, Update: structs.UpdatePolicy{MinimumHealthyPercent: 100, MaximumPercent: 200}},
	}, "ecs-svc/1")
	c.look()
	for _, id := range c.started {
		c.report(id, structs.TaskRunning, "")
	}
	c.look()
	in := c.input()
	for b.Loop() {
		if plan := Schedule(in); len(plan.Placements) > 0 {
			b.Fatalf("it is not at rest: %+v", plan)
		}
	}
}
