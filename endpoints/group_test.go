package endpoints_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gantry-project/gantry/endpoints"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// TestStates has a target in each state, as balancers and as the elbv2 API see it.
func TestStates(t *testing.T) {
	s := newScene(t)
	s.change(func(tx *state.Tx) {
		tx.PutInstance(&structs.ContainerInstance{ID: "gone", Cluster: "default", Address: "10.0.0.9", Status: structs.InstanceActive})
		tx.PutTask(task("new", "j", "d", "g", 1, ""))
		tx.PutTask(task("good", "j", "d", "g", 2, structs.TargetHealthy))
		bad := task("bad", "j", "d", "g", 3, structs.TargetUnhealthy)
		bad.Targets[0].Health.Reason, bad.Targets[0].Health.Description = endpoints.ReasonMismatch, "Health checks failed with these codes: [502]"
		tx.PutTask(bad)
		leaving := task("leaving", "j", "d", "g", 4, structs.TargetHealthy)
		leaving.DesiredStatus, leaving.StoppingAt = structs.TaskStopped, 1000
		tx.PutTask(leaving)
		drained := task("drained", "j", "d", "g", 5, structs.TargetHealthy)
		drained.DesiredStatus, drained.DrainedAt = structs.TaskStopped, 2000
		tx.PutTask(drained)
		lost := task("lost", "j", "d", "g", 6, structs.TargetHealthy)
		lost.Instance = "gone"
		tx.PutTask(lost)
		awsvpc := task("awsvpc", "j", "d", "g", 7, structs.TargetHealthy)
		awsvpc.Address = "10.9.0.7"
		tx.PutTask(awsvpc)
		tx.PutTarget(&structs.Target{TargetGroup: "g", Target: "192.0.2.7", Port: 8, Health: structs.TargetHealth{State: structs.TargetHealthy}})
		tx.PutTarget(&structs.Target{TargetGroup: "g", Target: "192.0.2.8", Port: 9, DrainUntil: 99})
		tx.PutTarget(&structs.Target{TargetGroup: "other", Target: "192.0.2.9", Port: 9})
	})
	expect(t, traffic(s, "g"), []string{
		"10.0.0.1:1 initial", "10.0.0.1:2 healthy", "10.0.0.1:3 unhealthy", "10.0.0.1:4 draining 301000",
		"10.0.0.9:6 unhealthy", "10.9.0.7:7 healthy", "192.0.2.7:8 healthy", "192.0.2.8:9 draining 99",
	})
	expect(t, rows(s, "g"), []string{
		"10.0.0.1:1 initial Elb.InitialHealthChecking Initial health checks in progress",
		"10.0.0.1:2 healthy",
		"10.0.0.1:3 unhealthy Target.ResponseCodeMismatch Health checks failed with these codes: [502]",
		"10.0.0.1:4 draining Target.DeregistrationInProgress Target deregistration is in progress",
		"10.0.0.9:6 unhealthy Target.InvalidState Target is in the stopped state",
		"10.9.0.7:7 healthy", "192.0.2.7:8 healthy",
		"192.0.2.8:9 draining Target.DeregistrationInProgress Target deregistration is in progress",
	})
}

// TestNobodyChecks: without ingress instances targets wait, without a listener they are unused, and
// without checks they get traffic.
func TestNobodyChecks(t *testing.T) {
	s := newScene(t)
	s.change(func(tx *state.Tx) {
		unchecked := group("unchecked")
		unchecked.Check.Enabled = false
		tx.PutTargetGroup(unchecked)
		tx.PutListener(&structs.Listener{ID: "m", LoadBalancer: "b", Port: 81, DefaultActions: forward("unchecked")})
		tx.PutTargetGroup(group("unused"))
		for n, g := range []string{"g", "unchecked", "unused"} {
			tx.PutTask(task(g, "j", "d", g, int32(n+1), ""))
		}
	})
	expect(t, traffic(s, "unchecked"), []string{"10.0.0.1:2 healthy"})
	expect(t, rows(s, "unchecked"), []string{"10.0.0.1:2 unavailable Target.HealthCheckDisabled Health checks are not enabled for this target"})
	expect(t, rows(s, "unused"), []string{
		"10.0.0.1:3 unused Target.NotInUse Target group is not configured to receive traffic from the load balancer",
	})
	s.change(func(tx *state.Tx) {
		for _, id := range []string{"i1", "i2"} {
			i := *tx.Instance(id)
			i.Ingress = false
			tx.PutInstance(&i)
		}
	})
	expect(t, rows(s, "g"), []string{"10.0.0.1:1 initial Elb.RegistrationInProgress Target registration is in progress"})
}

// TestTargetsByInstance: in a group of type instance, targets are named as EC2 names machines.
func TestTargetsByInstance(t *testing.T) {
	s := newScene(t)
	ec2 := ""
	s.change(func(tx *state.Tx) {
		g := group("g")
		g.TargetType = structs.TargetTypeInstance
		tx.PutTargetGroup(g)
		ec2 = tx.Instance("i1").EC2ID()
		tx.PutTask(task("t", "j", "d", "g", 1, structs.TargetHealthy))
		tx.PutTarget(&structs.Target{TargetGroup: "g", Target: ec2, Port: 2, Health: structs.TargetHealth{State: structs.TargetHealthy}})
		tx.PutTarget(&structs.Target{TargetGroup: "g", Target: "i-none", Port: 3})
	})
	expect(t, traffic(s, "g"), []string{"10.0.0.1:1 healthy", "10.0.0.1:2 healthy"})
	expect(t, rows(s, "g"), []string{
		"i-none:3 unhealthy Target.InvalidState Target is in the stopped state", ec2 + ":1 healthy", ec2 + ":2 healthy",
	})
}

// TestSharesOfRevisions: each revision gets its share of the traffic, whatever the number of its
// tasks; none is lost while one revision has no tasks.
func TestSharesOfRevisions(t *testing.T) {
	for _, c := range []struct {
		name     string
		share    float64
		old, new []string // states
		want     float64  // part of the traffic that the new revision gets
	}{
		{"a tenth, with fewer tasks", 10, []string{"healthy", "healthy", "healthy", "healthy"}, []string{"healthy", "healthy"}, 0.1},
		{"nothing yet", 0, []string{"healthy"}, []string{"healthy", "healthy"}, 0},
		{"everything", 100, []string{"healthy"}, []string{"healthy"}, 1},
		{"one of the new ones is not up yet", 50, []string{"healthy"}, []string{"healthy", "initial"}, 0.5},
		{"the old ones are gone", 0, nil, []string{"healthy", "healthy"}, 1},
		{"the old ones are leaving", 25, []string{"draining"}, []string{"healthy"}, 1},
	} {
		s := newScene(t)
		s.change(func(tx *state.Tx) {
			tx.PutDeployment(&structs.Deployment{ID: "old", Job: "j", JobVersion: 1, Status: structs.DeploymentActive})
			tx.PutDeployment(&structs.Deployment{
				ID: "new", Job: "j", JobVersion: 2, Status: structs.DeploymentPrimary, Traffic: &structs.Traffic{Production: c.share},
			})
			for side, states := range map[string][]string{"old": c.old, "new": c.new} {
				for n, state := range states {
					one := task(fmt.Sprint(side, n), "j", side, "g", int32(n+1), state)
					if state == structs.TargetDraining {
						one.DesiredStatus = structs.TaskStopped
					}
					tx.PutTask(one)
				}
			}
		})
		got, all := 0.0, 0.0
		for _, target := range endpoints.Group(s.store.Snapshot(), "g").Targets {
			if target.State != structs.TargetHealthy {
				continue
			}
			all += target.Weight
			if s.store.Snapshot().Task(target.Task).StartedBy == "new" {
				got += target.Weight
			}
		}
		if math.Abs(got/all-c.want) > 1e-9 {
			t.Errorf("%s: the new revision gets %g of the traffic, not %g", c.name, got/all, c.want)
		}
	}
}

func traffic(s *scene, group string) (all []string) {
	for _, t := range endpoints.Group(s.store.Snapshot(), group).Targets {
		text := fmt.Sprintf("%s:%d %s", t.Address, t.Port, t.State)
		if t.DrainUntil != 0 {
			text += fmt.Sprint(" ", int64(t.DrainUntil))
		}
		all = append(all, text)
	}
	return all
}

func rows(s *scene, group string) (all []string) {
	for _, r := range endpoints.Health(s.store.Snapshot(), group) {
		text := fmt.Sprintf("%s:%d %s", r.Target, r.Port, r.State)
		if r.Reason != "" {
			text += " " + r.Reason + " " + r.Description
		}
		all = append(all, text)
	}
	return all
}

func expect(t *testing.T, got, want []string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}
