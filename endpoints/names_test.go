package endpoints_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/endpoints"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// namedState is a state that a test writes.
type namedState struct {
	t     *testing.T
	store *state.Store
	index uint64
}

func (s *namedState) put(f func(tx *state.Tx)) {
	s.t.Helper()
	s.index++
	if err := s.store.Update(s.index, func(tx *state.Tx) error { f(tx); return nil }); err != nil {
		s.t.Fatal(err)
	}
}

// newNamedState has a service "Web" of cluster default: three tasks on two instances.
func newNamedState(t *testing.T) *namedState {
	s := &namedState{t: t, store: state.New()}
	port := int32(80)
	s.put(func(tx *state.Tx) {
		tx.PutCluster(&structs.Cluster{Name: "default", Status: structs.ClusterActive})
		for n := 1; n <= 2; n++ {
			tx.PutInstance(&structs.ContainerInstance{
				ID: fmt.Sprintf("i%d", n), Cluster: "default", Address: fmt.Sprintf("192.0.2.%d", n), AgentConnected: true, Status: structs.InstanceActive,
				Ingress: n == 1,
			})
		}
		tx.PutTaskDefinition(&structs.TaskDefinition{Family: "web", Revision: 1, NetworkMode: structs.NetworkBridge, ContainerDefinitions: []structs.ContainerDefinition{
			{Name: "app", PortMappings: []structs.PortMapping{{ContainerPort: &port, Protocol: "tcp"}}},
		}})
		tx.PutJob(&structs.Job{
			ID: "j", Cluster: "default", Name: "Web", Type: structs.JobService, Status: structs.ServiceActive, TaskDefinition: "web:1", Service: &structs.ServiceSpec{},
		})
		for n := 1; n <= 3; n++ {
			host := int32(32768 + n)
			tx.PutTask(&structs.Task{
				ID: fmt.Sprintf("t%d", n), Cluster: "default", Job: "j", TaskDefinition: "web:1", Instance: fmt.Sprintf("i%d", 1+n%2),
				LastStatus: structs.TaskRunning, DesiredStatus: structs.TaskRunning,
				Containers: []structs.Container{{Name: "app", NetworkBindings: []structs.NetworkBinding{{ContainerPort: &port, HostPort: &host, Protocol: "tcp"}}}},
			})
		}
	})
	return s
}

// text shows the names as "name: address:port …".
func (s *namedState) text() string {
	var b strings.Builder
	for _, n := range endpoints.Names(s.store.Snapshot()) {
		b.WriteString(n.Name + ":")
		for _, a := range n.Addresses {
			fmt.Fprintf(&b, " %s:%d", a.Address, a.Port)
		}
		if n.Zone {
			b.WriteString(" zone")
		}
		b.WriteString(n.CNAME + "\n")
	}
	return b.String()
}

func (s *namedState) want(why, want string) {
	s.t.Helper()
	if got := s.text(); got != want {
		s.t.Errorf("%s: got\n%swant\n%s", why, got, want)
	}
}

func (s *namedState) task(id string, change func(*structs.Task)) {
	s.put(func(tx *state.Tx) {
		t := *tx.Task(id)
		change(&t)
		tx.PutTask(&t)
	})
}

func TestServiceNames(t *testing.T) {
	s := newNamedState(t)
	s.want("three tasks run", "web.default.gantry: 192.0.2.2:32769 192.0.2.1:32770 192.0.2.2:32771\n")
	s.task("t1", func(t *structs.Task) { t.DesiredStatus = structs.TaskStopped })
	s.want("one is asked to stop", "web.default.gantry: 192.0.2.1:32770 192.0.2.2:32771\n")
	s.task("t2", func(t *structs.Task) { t.Address = "10.0.0.2" })
	s.want("one has its own address", "web.default.gantry: 10.0.0.2:80 192.0.2.2:32771\n")
	s.put(func(tx *state.Tx) {
		tx.PutTargetGroup(&structs.TargetGroup{ID: "g", Check: structs.TargetCheck{Enabled: true}})
	})
	s.task("t2", func(t *structs.Task) {
		t.Targets = []structs.TaskTarget{{TargetGroup: "g", Health: structs.TargetHealth{State: structs.TargetUnhealthy}}}
	})
	s.want("one fails the checks of a target group", "web.default.gantry: 192.0.2.2:32771\n")
	s.put(func(tx *state.Tx) {
		i := *tx.Instance("i2")
		i.AgentConnected = false
		tx.PutInstance(&i)
	})
	s.want("an instance is lost", "web.default.gantry:\n")
	s.put(func(tx *state.Tx) {
		j := *tx.Job("j")
		j.Status = structs.ServiceInactive
		tx.PutJob(&j)
	})
	s.want("the service is deleted", "")
}

// Before traffic is shifted, the tasks of the new revision have no names.
func TestNamesOfShiftedTraffic(t *testing.T) {
	s := newNamedState(t)
	deploy := func(production float64) {
		s.put(func(tx *state.Tx) {
			tx.PutDeployment(&structs.Deployment{
				ID: "new", Job: "j", Status: structs.DeploymentPrimary, Traffic: &structs.Traffic{Production: production},
			})
		})
	}
	deploy(0)
	s.task("t1", func(t *structs.Task) { t.StartedBy = "new" })
	s.want("nothing is shifted", "web.default.gantry: 192.0.2.1:32770 192.0.2.2:32771\n")
	deploy(10)
	s.want("some is shifted", "web.default.gantry: 192.0.2.2:32769 192.0.2.1:32770 192.0.2.2:32771\n")
	deploy(100)
	s.want("all is shifted", "web.default.gantry: 192.0.2.2:32769\n")
}

func TestOtherNames(t *testing.T) {
	s := newNamedState(t)
	s.put(func(tx *state.Tx) {
		tx.PutLoadBalancer(&structs.LoadBalancer{ID: "00000000000000aa", Name: "Edge", Type: structs.LoadBalancerApplication})
		tx.PutNamespace(&structs.Namespace{ID: "ns-1", Name: "shop.internal", Type: structs.NamespacePrivate})
		tx.PutNamespace(&structs.Namespace{ID: "ns-2", Name: "http-only", Type: structs.NamespaceHTTP})
		tx.PutDiscoveryService(&structs.DiscoveryService{ID: "srv-1", Namespace: "ns-1", Name: "api", CustomHealth: true, Records: []structs.DiscoveryRecord{{Type: structs.RecordSRV, TTL: 7}}})
		tx.PutDiscoveryService(&structs.DiscoveryService{ID: "srv-2", Namespace: "ns-2", Name: "api"})
		tx.PutDiscoveryInstance(&structs.DiscoveryInstance{Service: "srv-1", ID: "user", Attributes: []structs.Tag{
			{Key: structs.AttributeIPv4, Value: "198.51.100.7"}, {Key: structs.AttributePort, Value: "9000"},
		}})
		tx.PutDiscoveryInstance(&structs.DiscoveryInstance{Service: "srv-1", ID: "sick", Unhealthy: true, Attributes: []structs.Tag{
			{Key: structs.AttributeIPv4, Value: "198.51.100.8"}, {Key: structs.AttributePort, Value: "9000"},
		}})
		j := *tx.Job("j")
		j.Service = &structs.ServiceSpec{Registries: []structs.ServiceRegistry{{Registry: "srv-1", Container: "app", ContainerPort: 80}}}
		tx.PutJob(&j)
	})
	s.want("all kinds", `api.shop.internal: 192.0.2.2:32769 192.0.2.1:32770 192.0.2.2:32771 198.51.100.7:9000
edge-00000000000000aa.elb.gantry: 192.0.2.1:0
shop.internal: zone
web.default.gantry: 192.0.2.2:32769 192.0.2.1:32770 192.0.2.2:32771
`)
	v := s.store.Snapshot()
	list := endpoints.Registered(v, v.Job("j"), v.DiscoveryService("srv-1"), 0)
	if got := fmt.Sprint(len(list), list[0].Attributes); got != "3 [{AVAILABILITY_ZONE } {AWS_INSTANCE_IPV4 192.0.2.2} {AWS_INSTANCE_PORT 32769} "+
		"{AWS_INIT_HEALTH_STATUS HEALTHY} {EC2_INSTANCE_ID "+v.Instance("i2").EC2ID()+"} {ECS_CLUSTER_NAME default} {ECS_SERVICE_NAME Web} {ECS_TASK_DEFINITION_FAMILY web}]" {
		t.Error(got)
	}
}
