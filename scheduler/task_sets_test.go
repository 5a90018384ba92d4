package scheduler

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// TestTaskSets scales task sets at random while their tasks start, fail and end, and checks that
//
//   - no plan stops a healthy task that its set still needs, nor starts more than the maximum
//     percent of a set's count;
//   - a plan leaves nothing to do for a second one, unless it asks for that at once;
//   - once nothing changes any more, each set has its part of the count, and those that were
//     deleted are over.
func TestTaskSets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newCluster(t)
		for n := range 3 {
			c.update(func(tx *state.Tx) {
				tx.PutInstance(&structs.ContainerInstance{
					ID: fmt.Sprintf("i%d", n), Cluster: "default", Status: structs.InstanceActive, AgentConnected: true,
					Registered: structs.Resources{CPU: 1024, Memory: rapid.Int64Range(200, 1000).Draw(t, "memory")},
				})
			})
		}
		c.define(1, false, 0, 100, 0)
		c.define(2, true, 0, 40, 0)
		s := &setsCluster{cluster: c}
		s.scale(t)
		t.Repeat(map[string]func(*rapid.T){
			"service is scaled": s.scale,
			"set comes":         s.add,
			"set is scaled":     func(t *rapid.T) { s.change(t, func(d *structs.Deployment) { d.TaskSet.Scale = drawScale(t) }) },
			"set is deleted":    func(t *rapid.T) { s.change(t, func(d *structs.Deployment) { d.Status = structs.TaskSetDraining }) },
			"tasks move on":     s.moveOn,
			"task fails":        s.fail,
			"":                  func(*rapid.T) {},
		})
		s.rest(t)
	})
}

type setsCluster struct{ *cluster }

func drawScale(t *rapid.T) float64 {
	return rapid.SampledFrom([]float64{0, 10, 33.3, 50, 100}).Draw(t, "scale")
}

func (s *setsCluster) scale(t *rapid.T) {
	job := structs.Job{ID: serviceJob, Cluster: "default", Name: "web", Type: structs.JobService, Status: structs.ServiceActive, Service: &structs.ServiceSpec{
		Controller: structs.ControllerExternal, Update: structs.UpdatePolicy{MinimumHealthyPercent: 100, MaximumPercent: 200},
	}}
	if old := s.job(); old != nil {
		job.Version = old.Version
	}
	job.Count = rapid.IntRange(0, 7).Draw(t, "count")
	s.put(job, "")
	s.settle(t)
}

func (s *setsCluster) sets() (all []*structs.Deployment) {
	for d := range s.store.Snapshot().Deployments(serviceJob) {
		if d.Status != structs.DeploymentInactive {
			all = append(all, d)
		}
	}
	return all
}

func (s *setsCluster) add(t *rapid.T) {
	n := rapid.IntRange(0, 1_000_000).Draw(t, "id")
	s.update(func(tx *state.Tx) {
		tx.PutDeployment(&structs.Deployment{
			ID: fmt.Sprintf("ecs-svc/%019d", n), Cluster: "default", Job: serviceJob, Status: structs.DeploymentActive, Rollout: structs.RolloutCompleted,
			TaskDefinition: fmt.Sprintf("f:%d", 1+n%2), TaskSet: &structs.TaskSet{Scale: drawScale(t)},
		})
	})
	s.settle(t)
}

func (s *setsCluster) change(t *rapid.T, how func(*structs.Deployment)) {
	sets := s.sets()
	if len(sets) == 0 {
		t.Skip("no task set")
	}
	row := *rapid.SampledFrom(sets).Draw(t, "set")
	row.TaskSet = new(*row.TaskSet)
	how(&row)
	s.update(func(tx *state.Tx) { tx.PutDeployment(&row) })
	s.settle(t)
}

func (s *setsCluster) moveOn(t *rapid.T) {
	for task := range s.store.Snapshot().JobTasks(serviceJob) {
		switch {
		case !task.Holds():
		case task.DesiredStatus == structs.TaskStopped:
			s.report(task.ID, structs.TaskStopped, "")
		default:
			s.report(task.ID, structs.TaskRunning, structs.Healthy)
		}
	}
	s.settle(t)
}

func (s *setsCluster) fail(t *rapid.T) {
	for task := range s.store.Snapshot().JobTasks(serviceJob) {
		if alive(task) && rapid.Bool().Draw(t, "this one") {
			s.report(task.ID, structs.TaskStopped, "")
			break
		}
	}
	s.settle(t)
}

// settle looks until there is nothing left to do at once.
func (s *setsCluster) settle(t *rapid.T) (next structs.Time) {
	for range 20 {
		plan := Schedule(s.input())
		s.check(t, &plan)
		s.apply(&plan)
		if f := plan.FollowUp; f != nil && f.WaitUntil == s.now+1 {
			continue
		}
		if again := Schedule(s.input()); len(again.Stops)+len(again.Placements)+len(again.Deployments)+len(again.Events) > 0 {
			t.Fatalf("a second plan finds more to do:\n%+v\nafter\n%+v", again, plan)
		}
		if f := plan.FollowUp; f != nil {
			next = f.WaitUntil
		}
		return next
	}
	t.Fatalf("one look after another")
	return 0
}

// count returns the alive tasks of a set, and how many of them are healthy.
func (s *setsCluster) count(set string) (all, healthy int) {
	snap := s.store.Snapshot()
	for task := range snap.JobTasks(serviceJob) {
		if task.StartedBy == set && alive(task) {
			all++
			if isUp(task, snap.TaskDefinition(task.TaskDefinition)) {
				healthy++
			}
		}
	}
	return all, healthy
}

func (s *setsCluster) check(t *rapid.T, plan *structs.Plan) {
	snap := s.store.Snapshot()
	for _, d := range s.sets() {
		all, healthy := s.count(d.ID)
		stops, wanted := 0, d.TaskSet.Computed(s.job().Count)
		for _, stop := range plan.Stops {
			if task := snap.Task(stop.Task); task.StartedBy == d.ID && isUp(task, snap.TaskDefinition(task.TaskDefinition)) {
				stops++
			}
		}
		if d.Status == structs.DeploymentActive && stops > 0 && healthy-stops < wanted {
			t.Fatalf("%d of %d healthy tasks of %s are stopped, which is to have %d", stops, healthy, d.ID, wanted)
		}
		if plan.Deployment == d.ID && all-stops+len(plan.Placements) > 2*wanted {
			t.Fatalf("%d tasks start beside %d, where %d are wanted", len(plan.Placements), all, wanted)
		}
	}
}

// rest gives room to all sets and lets tasks behave, until each set is in its desired state.
func (s *setsCluster) rest(t *rapid.T) {
	s.update(func(tx *state.Tx) {
		tx.PutInstance(&structs.ContainerInstance{
			ID: "big", Cluster: "default", Status: structs.InstanceActive, AgentConnected: true, Registered: structs.Resources{CPU: 1024, Memory: 1_000_000},
		})
	})
	for range 20 {
		s.now = max(s.now, s.settle(t))
		s.moveOn(t)
	}
	for _, d := range s.sets() {
		if all, healthy := s.count(d.ID); all != d.TaskSet.Computed(s.job().Count) || healthy != all || d.Status == structs.TaskSetDraining {
			t.Fatalf("of %s %d tasks run, and %d are healthy: %+v", d.ID, all, healthy, d)
		}
	}
}
