package endpoints_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/endpoints"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// TestRulesFollowDeployments: the production and the test rule of a service with two groups follow
// its deployment, which has its tasks in the second group this time.
func TestRulesFollowDeployments(t *testing.T) {
	s := newScene(t)
	s.change(func(tx *state.Tx) {
		tx.PutListenerRule(&structs.ListenerRule{ID: "test", Listener: "l", Priority: 1, Actions: forward("g", "kept")})
		tx.PutJob(&structs.Job{ID: "j", Cluster: "default", Name: "web", Type: structs.JobService, Service: &structs.ServiceSpec{
			LoadBalancers: []structs.ServiceLoadBalancer{{TargetGroup: "g", Alternate: &structs.AlternateTargets{
				TargetGroup: "h", ProductionRule: "r", TestRule: "test",
			}}},
		}})
	})
	weights := func(production float64, test float64, alternate bool) (out []string) {
		s.change(func(tx *state.Tx) {
			tx.PutDeployment(&structs.Deployment{
				ID: "d", Job: "j", Status: structs.DeploymentPrimary, Alternate: alternate,
				Traffic: &structs.Traffic{Production: production, Test: test},
			})
		})
		l := endpoints.Listener(s.store.Snapshot(), "l")
		for _, actions := range [][]structs.RuleAction{l.Listener.DefaultActions, l.Rules[0].Actions} {
			for _, g := range actions[0].Forward.Groups {
				out = append(out, fmt.Sprint(g.TargetGroup, g.Weight))
			}
		}
		return out
	}
	expect(t, weights(10, 100, true), []string{"h10", "g90", "kept1", "h100", "g0"})
	expect(t, weights(100, 100, true), []string{"h100", "g0", "kept1", "h100", "g0"})
	expect(t, weights(0, 0, false), []string{"g0", "h100", "kept1", "g0", "h100"})
	if row := s.store.Snapshot().Listener("l"); row.DefaultActions[0].Forward.Groups[0].Weight != 1 || len(row.DefaultActions[0].Forward.Groups) != 1 {
		t.Errorf("the row itself was changed: %+v", row.DefaultActions[0].Forward)
	}
	if used := endpoints.UsedGroups(s.store.Snapshot()); !used["h"] || !used["g"] || !used["kept"] {
		t.Errorf("in use are %v", used)
	}
}

// TestCheckersStay: three instances check a target, all get about as many, and only the targets of
// one that goes change hands.
func TestCheckersStay(t *testing.T) {
	var ingress []string
	for n := range 20 {
		ingress = append(ingress, fmt.Sprintf("i%02d", n))
	}
	before, after := endpoints.NewCheckers(ingress), endpoints.NewCheckers(slices.Delete(slices.Clone(ingress), 7, 8))
	count := map[string]int{}
	for n := range 2000 {
		target := &structs.TrafficTarget{Address: "10.0.0.1", Port: int32(n)}
		was, is := before.Of("g", target), after.Of("g", target)
		for _, id := range was {
			count[id]++
			if id != ingress[7] && !slices.Contains(is, id) {
				t.Fatalf("target %d was checked by %v, now by %v", n, was, is)
			}
		}
		if slices.Sort(was); len(slices.Compact(was)) != 3 || len(is) != 3 {
			t.Fatalf("target %d is checked by %v", n, was)
		}
	}
	for _, id := range ingress {
		if count[id] < 200 || count[id] > 400 {
			t.Errorf("%s checks %d targets of 2000; the average is 300", id, count[id])
		}
	}
	if two := endpoints.NewCheckers(ingress[:2]).Of("g", &structs.TrafficTarget{Address: "10.0.0.1"}); len(two) != 2 {
		t.Errorf("of two instances, %v check", two)
	}
}

// TestTableIsThatOfItsView: after any changes, the table that followed them is the one that is
// computed from nothing, and it named every item that is different.
func TestTableIsThatOfItsView(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newScene(t)
		table := endpoints.NewTable(s.store.Snapshot())
		for range rapid.IntRange(1, 12).Draw(rt, "transactions") {
			before := table.Everything()
			old := map[string]*endpoints.GroupItem{}
			for _, id := range before.Groups {
				old[id] = table.Group(id)
			}
			changes := s.change(func(tx *state.Tx) {
				for range rapid.IntRange(1, 3).Draw(rt, "changes") {
					draw(rt, tx)
				}
			})
			named := table.Apply(s.store.Snapshot(), changes)
			fresh := endpoints.NewTable(s.store.Snapshot())
			for _, name := range fresh.Everything().Names {
				if !reflect.DeepEqual(table.Name(name), fresh.Name(name)) {
					rt.Fatalf("name %s is %+v, not %+v", name, table.Name(name), fresh.Name(name))
				}
			}
			if !reflect.DeepEqual(table.Everything(), fresh.Everything()) {
				rt.Fatalf("has %v, not %v", table.Everything(), fresh.Everything())
			}
			for _, id := range append(fresh.Everything().Groups, before.Groups...) {
				if !reflect.DeepEqual(table.Group(id), fresh.Group(id)) {
					rt.Fatalf("group %s is %+v, not %+v", id, table.Group(id), fresh.Group(id))
				}
				if named.Checks[id] == nil && !slices.Contains(named.Groups, id) && !reflect.DeepEqual(old[id], fresh.Group(id)) {
					rt.Fatalf("group %s changed and is not among %+v", id, named)
				}
			}
			for _, id := range fresh.Everything().Listeners {
				if !reflect.DeepEqual(table.Listener(id), fresh.Listener(id)) {
					rt.Fatalf("listener %s is %+v, not %+v", id, table.Listener(id), fresh.Listener(id))
				}
			}
		}
	})
}

// draw makes one change.
func draw(t *rapid.T, tx *state.Tx) {
	pick := func(of ...string) string { return rapid.SampledFrom(of).Draw(t, "pick") }
	g := pick("g", "h", "k")
	switch rapid.IntRange(0, 8).Draw(t, "kind") {
	case 0, 1:
		one := task(pick("t1", "t2", "t3"), pick("j1", "j2"), pick("d1", "d2"), g, 80, pick("", "healthy", "unhealthy"))
		one.Instance = pick("i1", "i2")
		one.DesiredStatus = rapid.SampledFrom([]structs.TaskStatus{structs.TaskRunning, structs.TaskStopped}).Draw(t, "desired")
		tx.PutTask(one)
	case 2:
		if old := tx.Task(pick("t1", "t2", "t3")); old != nil {
			tx.RemoveTask(old)
		}
	case 3:
		tx.PutListener(&structs.Listener{ID: pick("l", "m"), LoadBalancer: "b", DefaultRule: pick("r", "q"), DefaultActions: forward(g)})
	case 4:
		tx.PutListenerRule(&structs.ListenerRule{ID: "rule", Listener: pick("l", "m"), Actions: forward(g)})
	case 5:
		row := group(g)
		row.TargetType, row.Check.Enabled = pick("ip", "instance"), rapid.Bool().Draw(t, "checked")
		tx.PutTargetGroup(row)
	case 6:
		i := *tx.Instance(pick("i1", "i2"))
		i.AgentConnected, i.Ingress, i.Address = rapid.Bool().Draw(t, "connected"), rapid.Bool().Draw(t, "ingress"), pick("10.0.0.1", "10.0.0.7")
		tx.PutInstance(&i)
	case 7:
		job := pick("j1", "j2")
		spec := &structs.ServiceSpec{LoadBalancers: []structs.ServiceLoadBalancer{{TargetGroup: g}}}
		if rapid.Bool().Draw(t, "two groups") {
			spec.LoadBalancers[0].Alternate = &structs.AlternateTargets{TargetGroup: "k", ProductionRule: "r", TestRule: "rule"}
		}
		tx.PutCluster(&structs.Cluster{Name: "default", Status: structs.ClusterActive})
		tx.PutJob(&structs.Job{
			ID: job, Cluster: "default", Name: job, Type: structs.JobService, Service: spec, Status: pick(structs.ServiceActive, structs.ServiceInactive),
		})
		tx.PutDeployment(&structs.Deployment{
			ID: pick("d1", "d2"), Job: job, Status: pick("PRIMARY", "ACTIVE"), Alternate: rapid.Bool().Draw(t, "alternate"),
			Traffic: &structs.Traffic{Production: float64(rapid.IntRange(0, 4).Draw(t, "share") * 25)},
		})
	case 8:
		tx.PutTarget(&structs.Target{TargetGroup: g, Target: pick("192.0.2.7", tx.Instance("i1").EC2ID()), Port: 80})
	}
}
