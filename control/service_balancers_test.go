package control_test

import (
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

const (
	webGroup   = "a000000000000001"
	otherGroup = "a000000000000002"
	ipGroup    = "a000000000000003"
	groupARNs  = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/"
	ruleARNs   = "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener-rule/app/front/b000000000000001/c000000000000001/"
)

func writeRows(t *testing.T, c *singlenode.Node, fn func(*state.Tx)) {
	t.Helper()
	noError(t, c.Store.Update(c.Store.Snapshot().Index(), func(tx *state.Tx) error {
		fn(tx)
		return nil
	}))
}

// addTraffic adds a load balancer "front" with a listener at port 80 that forwards to group web by
// default, to ip by rule d…1, and answers by itself by rule d…2. Group other gets nothing.
func addTraffic(t *testing.T, c *singlenode.Node) {
	t.Helper()
	forward := func(group string) []structs.RuleAction {
		return []structs.RuleAction{{Type: structs.ActionForward, Forward: &structs.ForwardAction{Groups: []structs.WeightedGroup{{TargetGroup: group, Weight: 1}}}}}
	}
	writeRows(t, c, func(tx *state.Tx) {
		tx.PutLoadBalancer(&structs.LoadBalancer{ID: "b000000000000001", Name: "front", Type: structs.LoadBalancerApplication})
		tx.PutListener(&structs.Listener{
			ID: "c000000000000001", LoadBalancer: "b000000000000001", Port: 80, DefaultRule: "d000000000000000", DefaultActions: forward(webGroup),
		})
		tx.PutListenerRule(&structs.ListenerRule{ID: "d000000000000001", Listener: "c000000000000001", Priority: 1, Actions: forward(ipGroup)})
		tx.PutListenerRule(&structs.ListenerRule{ID: "d000000000000002", Listener: "c000000000000001", Priority: 2, Actions: []structs.RuleAction{
			{Type: structs.ActionFixedResponse, Fixed: &structs.FixedResponse{Status: 404}},
		}})
		for id, name := range map[string]string{webGroup: "web", otherGroup: "other", ipGroup: "ip"} {
			group := &structs.TargetGroup{ID: id, Name: name, TargetType: structs.TargetTypeInstance}
			group.Check.Enabled = true
			group.Attributes = []structs.TrafficAttribute{{Key: "deregistration_delay.timeout_seconds", Value: "7"}}
			if name == "ip" {
				group.TargetType = structs.TargetTypeIP
			}
			tx.PutTargetGroup(group)
		}
	})
}

// balancedSpec is a job file of a service behind a target group.
func balancedSpec(b structs.ServiceLoadBalancer) *structs.JobSpec {
	return webSpec(func(s *structs.JobSpec) {
		s.Containers[0].PortMappings = []structs.PortMapping{{ContainerPort: new(int32(80))}}
		s.LoadBalancers = []structs.ServiceLoadBalancer{b}
	})
}

func TestAJobFileNamesItsTargetGroups(t *testing.T) {
	h := newHarness(t)
	addTraffic(t, h.Node)
	want := structs.ServiceLoadBalancer{TargetGroup: webGroup, Container: "main", ContainerPort: 80}
	for _, name := range []string{"web", webGroup, groupARNs + "web/" + webGroup} {
		out := h.put(balancedSpec(structs.ServiceLoadBalancer{TargetGroup: name}))
		got := h.Store.Snapshot().Job(out.ID).Service.LoadBalancers
		if len(got) != 1 || got[0] != want || out.Version != 1 {
			t.Errorf("%s: version %d with %+v", name, out.Version, got)
		}
	}
	shown, err := h.Control.DescribeJob(t.Context(), "default", "site")
	noError(t, err)
	if b := shown.Spec.LoadBalancers; len(b) != 1 || b[0].TargetGroup != "web" {
		t.Errorf("the job is shown with %+v", b)
	}
	alternate := structs.ServiceLoadBalancer{TargetGroup: "web", Alternate: &structs.AlternateTargets{TargetGroup: "other", ProductionRule: "front:80"}}
	changed := h.put(balancedSpec(alternate))
	got := h.Store.Snapshot().Job(changed.ID).Service.LoadBalancers
	if changed.Deployment == "" || got[0].Alternate == nil || *got[0].Alternate != (structs.AlternateTargets{TargetGroup: otherGroup, ProductionRule: "d000000000000000"}) {
		t.Errorf("deployment %q of %+v", changed.Deployment, got)
	}
}

func TestLoadBalancersThatCannotBe(t *testing.T) {
	alternate := func(group, production, test string) structs.ServiceLoadBalancer {
		return structs.ServiceLoadBalancer{TargetGroup: "web", Alternate: &structs.AlternateTargets{TargetGroup: group, ProductionRule: production, TestRule: test}}
	}
	for want, b := range map[string]structs.ServiceLoadBalancer{
		"The target group gone does not exist.":                                              {TargetGroup: "gone"},
		"The target group other does not have an associated load balancer.":                  {TargetGroup: "other"},
		"target type ip, which is incompatible with the bridge network mode":                 {TargetGroup: "ip"},
		"The container nope does not exist in the task definition.":                          {TargetGroup: "web", Container: "nope", ContainerPort: 80},
		"The container main did not have a container port 81 defined.":                       {TargetGroup: "web", ContainerPort: 81},
		"loadBalancers.targetGroup can not be blank.":                                        {},
		"loadBalancers.alternate.targetGroup: it is the target group itself":                 alternate("web", "front:80", ""),
		"loadBalancers.alternate.productionRule can not be blank.":                           alternate("other", "", ""),
		"loadBalancers.alternate.productionRule: there is no rule front:81":                  alternate("other", "front:81", ""),
		"loadBalancers.alternate.productionRule: rule d000000000000002 forwards no requests": alternate("other", "d000000000000002", ""),
		"loadBalancers.alternate.testRule: it is the production rule itself":                 alternate("other", "front:80", ruleARNs+"d000000000000000"),
	} {
		h := newHarness(t)
		addTraffic(t, h.Node)
		_, err := h.Control.PutJob(t.Context(), balancedSpec(b), "")
		expectError(t, err, structs.KindInvalidParameter, want)
	}
}

func TestUpdateServiceOfLoadBalancers(t *testing.T) {
	h := newHarness(t)
	addTraffic(t, h.Node)
	one := []structs.ServiceLoadBalancer{{TargetGroup: groupARNs + "web/" + webGroup, Container: "app", ContainerPort: 80}}
	_, err := h.Control.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{Family: "app", ContainerDefinitions: []structs.ContainerDefinition{
		container("app", func(c *structs.ContainerDefinition) {
			c.PortMappings = []structs.PortMapping{{ContainerPort: new(int32(80))}}
		}),
	}}, nil)
	noError(t, err)
	update := func(change control.ServiceChange) *structs.Job {
		return h.update(control.UpdateServiceInput{ServiceChange: change})
	}
	update(control.ServiceChange{TaskDefinition: "app", LoadBalancers: one})
	if got := h.deployments("web"); len(got) != 2 {
		t.Fatalf("%d deployments after load balancers were added", len(got))
	}
	update(control.ServiceChange{LoadBalancers: one, HealthGrace: new(int32(9))})
	if got := h.deployments("web"); len(got) != 2 {
		t.Errorf("%d deployments after the same load balancers were given", len(got))
	}
	// they must fit the next definition, too
	_, err = h.Control.UpdateService(t.Context(), control.UpdateServiceInput{Cluster: "default", Name: "web", ServiceChange: control.ServiceChange{TaskDefinition: "app:1"}})
	expectError(t, err, structs.KindInvalidParameter, "The container app does not exist in the task definition.")
	job := update(control.ServiceChange{LoadBalancers: []structs.ServiceLoadBalancer{}})
	if got := h.deployments("web"); len(got) != 3 || job.Service.LoadBalancers != nil {
		t.Errorf("%d deployments, %+v, after load balancers were removed", len(got), job.Service.LoadBalancers)
	}
	_, err = h.Control.UpdateService(t.Context(), control.UpdateServiceInput{Cluster: "default", Name: "web", ServiceChange: control.ServiceChange{HealthGrace: new(int32(9))}})
	expectError(t, err, structs.KindInvalidParameter, "Health check grace period is only valid")
}

// An agent learns with the stop of a task how long requests are waited for, and when they ended.
func TestAnAgentLearnsWhenATaskIsDrained(t *testing.T) {
	inNode(t, func(t *testing.T, c *singlenode.Node, instance string) {
		addTraffic(t, c)
		s := openStream(t, c.Control, instance)
		expectFrame(t, next(t, s), true)
		task := run(t, c.Control, job(1))[0]
		expectFrame(t, next(t, s), false, task.ID)
		change := func(fn func(*structs.Task)) {
			writeRows(t, c, func(tx *state.Tx) {
				row := *tx.Task(task.ID)
				fn(&row)
				tx.PutTask(&row)
			})
		}
		change(func(row *structs.Task) { row.Targets = []structs.TaskTarget{{TargetGroup: webGroup, Port: 32768}} })
		silent(t, s)
		change(func(row *structs.Task) { row.DesiredStatus = structs.TaskStopped })
		frame := next(t, s)
		expectFrame(t, frame, false, task.ID)
		if a := frame.Assignments[0]; a.DrainSeconds != 7 || len(a.Task.Targets) != 1 || a.Task.DrainedAt != 0 {
			t.Errorf("asked to stop: %d seconds, %+v", a.DrainSeconds, a.Task)
		}
		change(func(row *structs.Task) { row.DrainedAt = 5 })
		frame = next(t, s)
		expectFrame(t, frame, false, task.ID)
		if frame.Assignments[0].Task.DrainedAt != 5 {
			t.Errorf("drained: %+v", frame.Assignments[0].Task)
		}
	})
}
