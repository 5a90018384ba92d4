package endpoints_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gantry-project/gantry/endpoints"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// connectScene has service j of the cluster default, with a port of Service Connect, and two tasks.
func connectScene(t *testing.T) *scene {
	s := newScene(t)
	s.change(func(tx *state.Tx) {
		tx.PutCluster(&structs.Cluster{Name: "default", Status: structs.ClusterActive})
		tx.PutTaskDefinition(&structs.TaskDefinition{
			Family: "web", Revision: 1, NetworkMode: structs.NetworkAwsvpc, Status: "ACTIVE",
			ContainerDefinitions: []structs.ContainerDefinition{{Name: "app", PortMappings: []structs.PortMapping{
				{Name: "http", ContainerPort: new(int32(80)), AppProtocol: "http"}, {Name: "admin", ContainerPort: new(int32(81))},
			}}},
		})
		tx.PutJob(connectJob("j", "shop", structs.ConnectService{PortName: "http", DiscoveryName: "web"}))
		for n := range 2 {
			tx.PutTask(connectTask(fmt.Sprintf("t%d", n), fmt.Sprintf("10.9.0.%d", n+2)))
		}
	})
	return s
}

func connectJob(id, namespace string, services ...structs.ConnectService) *structs.Job {
	return &structs.Job{
		ID: id, Cluster: "default", Name: id, Type: structs.JobService, Status: structs.ServiceActive, TaskDefinition: "web:1",
		Service: &structs.ServiceSpec{Connect: &structs.ServiceConnect{Namespace: namespace, Services: services}},
	}
}

func connectTask(id, address string) *structs.Task {
	return &structs.Task{
		ID: id, Cluster: "default", Job: "j", Group: structs.ServiceGroup("j"), TaskDefinition: "web:1", Instance: "i1", Address: address,
		LastStatus: structs.TaskRunning, DesiredStatus: structs.TaskRunning,
	}
}

// holders returns who is in a group of a table, and how it is reached.
func holders(t *endpoints.Table, id string) (out []string) {
	g := t.Group(id)
	if g == nil || g.Group.Connect == nil {
		return nil
	}
	for _, a := range g.Group.Connect.Aliases {
		out = append(out, fmt.Sprintf("%s %s:%d", g.Group.Group.Protocol, a.DNSName, a.Port))
	}
	for _, t := range g.Group.Targets {
		out = append(out, fmt.Sprintf("%s:%d", t.Address, t.Port))
	}
	return out
}

// TestConnectGroups: a port of Service Connect is a group of the tasks that run, whatever listeners
// there are, and follows them and the service.
func TestConnectGroups(t *testing.T) {
	s := connectScene(t)
	table := endpoints.NewTable(s.store.Snapshot())
	change := func(do func(tx *state.Tx)) endpoints.Changes {
		t.Helper()
		changes := s.change(do)
		named := table.Apply(s.store.Snapshot(), changes)
		fresh := endpoints.NewTable(s.store.Snapshot())
		for _, id := range append(fresh.Everything().Groups, table.Everything().Groups...) {
			if fmt.Sprint(holders(table, id)) != fmt.Sprint(holders(fresh, id)) {
				t.Fatalf("%s is %v, and should be %v", id, holders(table, id), holders(fresh, id))
			}
		}
		return named
	}
	const web = "connect/shop/web"
	expect(t, holders(table, web), []string{"HTTP web.shop:80", "10.9.0.2:80", "10.9.0.3:80"})
	if !endpoints.ForEveryone(web) || endpoints.ForEveryone("g") {
		t.Error("groups of Service Connect, and no others, are for all agents")
	}
	named := change(func(tx *state.Tx) {
		ending := *tx.Task("t0")
		ending.DesiredStatus = structs.TaskStopped
		tx.PutTask(&ending)
	})
	if expect(t, holders(table, web), []string{"HTTP web.shop:80", "10.9.0.3:80"}); !slices.Contains(named.Groups, web) {
		t.Errorf("changed are %v", named.Groups)
	}
	change(func(tx *state.Tx) {
		tx.PutListener(&structs.Listener{ID: "m", LoadBalancer: "b", DefaultActions: forward("g")})
	})
	expect(t, holders(table, web), []string{"HTTP web.shop:80", "10.9.0.3:80"})
	change(func(tx *state.Tx) {
		lost := *tx.Instance("i1")
		lost.AgentConnected = false
		tx.PutInstance(&lost)
	})
	expect(t, holders(table, web), []string{"HTTP web.shop:80"})
	// two with one name, which only a race can make
	change(func(tx *state.Tx) {
		tx.PutJob(connectJob("a", "shop", structs.ConnectService{PortName: "admin", DiscoveryName: "web", Aliases: []structs.ConnectAlias{{Port: 9}}}))
	})
	expect(t, holders(table, web), []string{"TCP web.shop:9"})
	change(func(tx *state.Tx) { tx.RemoveJob(tx.Job("a")) })
	expect(t, holders(table, web), []string{"HTTP web.shop:80"})
	named = change(func(tx *state.Tx) { tx.PutJob(connectJob("j", "shop", structs.ConnectService{PortName: "admin"})) })
	expect(t, holders(table, "connect/shop/admin"), []string{"TCP admin.shop:81"})
	if table.Group(web) != nil || !slices.Contains(named.Groups, web) {
		t.Errorf("the old name is left: %v", named.Groups)
	}
}
