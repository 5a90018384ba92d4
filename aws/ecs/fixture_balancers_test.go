package ecs

import (
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// ids of elbv2's resources in the fixture
const (
	webGroup   = "a000000000000001"
	otherGroup = "a000000000000002"
	ipGroup    = "a000000000000003"
	aloneGroup = "a000000000000004"
	webRule    = "d000000000000001"
)

// addBalancers adds an application load balancer whose listener at port 80 forwards to group web,
// by its default rule and by one more. Groups other (no listener forwards to it) and ip exist too.
// The tasks of service balanced are targets of web; one fails its health checks.
func (f *fixture) addBalancers(t *testing.T) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	forward := func(group string) []structs.RuleAction {
		return []structs.RuleAction{{Type: structs.ActionForward, Forward: &structs.ForwardAction{Groups: []structs.WeightedGroup{{TargetGroup: group, Weight: 1}}}}}
	}
	put := func(fn func(*state.Tx)) {
		must(f.Store.Update(f.Store.Snapshot().Index(), func(tx *state.Tx) error {
			fn(tx)
			return nil
		}))
	}
	put(func(tx *state.Tx) {
		tx.PutLoadBalancer(&structs.LoadBalancer{ID: "b000000000000001", Name: "front", Type: structs.LoadBalancerApplication})
		tx.PutListener(&structs.Listener{
			ID: "c000000000000001", LoadBalancer: "b000000000000001", Protocol: structs.ProtocolHTTP, Port: 80,
			DefaultRule: "d000000000000000", DefaultActions: forward(webGroup),
		})
		tx.PutListenerRule(&structs.ListenerRule{ID: webRule, Listener: "c000000000000001", Priority: 1, Actions: forward(ipGroup)})
		for id, name := range map[string]string{webGroup: "web", otherGroup: "other", ipGroup: "ip", aloneGroup: "alone"} {
			group := &structs.TargetGroup{ID: id, Name: name, Protocol: structs.ProtocolHTTP, Port: 80, TargetType: structs.TargetTypeInstance}
			if name == "ip" {
				group.TargetType = structs.TargetTypeIP
			}
			group.Check.Enabled = true
			tx.PutTargetGroup(group)
		}
	})
	_, err := f.Control.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{
		Family: "served", ContainerDefinitions: []structs.ContainerDefinition{{
			Name: "hello-server", Image: "app", Memory: new(int32(16)),
			PortMappings: []structs.PortMapping{{ContainerPort: new(int32(80)), Name: "web", AppProtocol: "http"}},
		}},
	}, nil)
	must(err)
	_, err = f.Control.CreateService(t.Context(), control.CreateServiceInput{Cluster: "default", Name: "balanced", ServiceChange: control.ServiceChange{
		TaskDefinition: "served:1", Count: new(2), HealthGrace: new(int32(5)),
		LoadBalancers: []structs.ServiceLoadBalancer{{TargetGroup: webGroup, Container: "hello-server", ContainerPort: 80, Alternate: &structs.AlternateTargets{
			TargetGroup: otherGroup, ProductionRule: webRule, Role: "arn:aws:iam::000000000000:role/infrastructure",
		}}},
	}})
	must(err)
	_, err = f.Control.CreateService(t.Context(), control.CreateServiceInput{Cluster: "default", Name: "metered", ServiceChange: control.ServiceChange{
		TaskDefinition: "served:1", Count: new(0), Monitoring: []structs.MetricSetting{{Names: []string{"CPUUtilization"}, Resolution: 20}},
	}})
	must(err)
	connect := &structs.ServiceConnect{Namespace: "fixed", Services: []structs.ConnectService{{
		PortName: "web", DiscoveryName: "cart", Aliases: []structs.ConnectAlias{{DNSName: "cart", Port: 8000}}, IdleTimeout: new(int32(60)),
	}}}
	_, err = f.Control.ConnectNamespace(t.Context(), "fixed", "")
	must(err)
	_, err = f.Control.CreateService(t.Context(), control.CreateServiceInput{Cluster: "default", Name: "joined", ServiceChange: control.ServiceChange{
		TaskDefinition: "served:1", Count: new(0), Connect: &connect,
	}})
	must(err)
	f.runBalanced(t, put)
}

// runBalanced brings up the tasks of service balanced, as their agents and balancers would.
func (f *fixture) runBalanced(t *testing.T, put func(func(*state.Tx))) {
	t.Helper()
	job := f.Store.Snapshot().Service("default", "balanced")
	port := int32(32768)
	for task := range f.Store.Snapshot().JobTasks(job.ID) {
		port++
		err := f.Control.ReportTasks(t.Context(), task.Instance, 0, []structs.TaskUpdate{{
			Task: task.ID, Status: structs.TaskRunning, StartedAt: task.CreatedAt,
			Containers: []structs.Container{{
				Name: "hello-server", LastStatus: structs.TaskRunning,
				NetworkBindings: []structs.NetworkBinding{{ContainerPort: new(int32(80)), HostPort: new(port), Protocol: "tcp"}},
			}},
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	put(func(tx *state.Tx) {
		health := structs.TargetHealth{State: structs.TargetHealthy}
		for old := range f.Store.Snapshot().JobTasks(job.ID) {
			task := *old
			task.Targets = []structs.TaskTarget{task.Targets[0]}
			task.Targets[0].Health = health
			tx.PutTask(&task)
			health = structs.TargetHealth{
				State: structs.TargetUnhealthy, Reason: "Target.ResponseCodeMismatch", Description: "Health checks failed with these codes: [502]",
			}
		}
	})
}
