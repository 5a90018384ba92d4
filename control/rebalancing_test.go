package control_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// addInstanceIn adds a container instance in a zone.
func addInstanceIn(t *testing.T, n *singlenode.Node, zone string) *structs.ContainerInstance {
	i := *n.AddInstance(t, "default", 4096, 4096)
	i.Zone, i.Attributes = zone, []structs.Attribute{{Name: structs.AttributeZone, Value: zone}}
	n.MustApply(t, structs.RegisterInstance{Instance: i})
	return &i
}

// perZone counts the RUNNING tasks of a service.
func perZone(n *singlenode.Node, service string) map[string]int {
	snap, counts := n.Store.Snapshot(), map[string]int{}
	for task := range snap.JobTasks(snap.Service("default", service).ID) {
		if task.LastStatus == structs.TaskRunning {
			counts[snap.Instance(task.Instance).Zone]++
		}
	}
	return counts
}

// A zone is lost, and its tasks start in the others. When it is back, services move back to it by
// themselves, except those that do not rebalance.
func TestZoneIsLostAndBack(t *testing.T) {
	n := singlenode.New(t)
	lost := addInstanceIn(t, n, "a")
	addInstanceIn(t, n, "b")
	addInstanceIn(t, n, "c")
	_, err := n.Control.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{
		Family: "app", ContainerDefinitions: []structs.ContainerDefinition{{Name: "main", Image: "i", Memory: new(int32(16))}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for service, change := range map[string]control.ServiceChange{
		"goes-back": {},
		"stays":     {Rebalancing: structs.RebalancingDisabled},
		"packed":    {PlacementStrategy: []structs.PlacementStrategy{{Type: structs.StrategyBinpack, Field: "memory"}}},
	} {
		change.TaskDefinition, change.Count = "app", new(6)
		if _, err := n.Control.CreateService(t.Context(), control.CreateServiceInput{Cluster: "default", Name: service, ServiceChange: change}); err != nil {
			t.Fatal(err)
		}
	}
	n.Settle(t)
	even, uneven := map[string]int{"a": 2, "b": 2, "c": 2}, map[string]int{"b": 3, "c": 3}
	if got := perZone(n, "goes-back"); !maps.Equal(got, even) {
		t.Fatalf("at first: %v", got)
	}

	n.MustApply(t, structs.SetAgentConnected{Instances: []string{lost.ID}, At: 1})
	n.MustApply(t, structs.SetInstanceStatus{Instances: []string{lost.ID}, Status: structs.InstanceInactive, At: 1})
	n.Settle(t)
	packed := perZone(n, "packed")
	for _, service := range []string{"goes-back", "stays"} {
		if got := perZone(n, service); !maps.Equal(got, uneven) {
			t.Errorf("%s without the zone: %v", service, got)
		}
	}

	n.MustApply(t, structs.RegisterInstance{Instance: *lost})
	n.Settle(t)
	for service, want := range map[string]map[string]int{"goes-back": even, "stays": uneven, "packed": packed} {
		if got := perZone(n, service); !maps.Equal(got, want) {
			t.Errorf("%s with the zone back: %v, want %v", service, got, want)
		}
	}
	snap := n.Store.Snapshot()
	var told []string
	for _, e := range snap.ServiceEvents(snap.Service("default", "goes-back").ID).Events {
		if strings.Contains(e.Message, "balanced") {
			told = append(told, e.Message)
		}
	}
	if want := []string{
		"(service goes-back) is AZ balanced with 2 tasks in a, 2 tasks in b, and 2 tasks in c.",
		"(service goes-back) is not AZ balanced with 0 tasks in a, 3 tasks in b, and 3 tasks in c. AZ Rebalancing in progress.",
	}; !slices.Equal(told, want) {
		t.Errorf("told, newest first: %q", told)
	}
}

// Rebalancing is on by default if the service allows it. An update that makes it impossible turns
// it off, unless the update asks for both.
func TestRebalancingOfAnUpdate(t *testing.T) {
	h := newHarness(t)
	binpack := []structs.PlacementStrategy{{Type: structs.StrategyBinpack, Field: "memory"}}
	if got := h.Store.Snapshot().Service("default", "web").Service.Rebalancing; got != structs.RebalancingEnabled {
		t.Errorf("at first it is %q", got)
	}
	_, err := h.Control.UpdateService(t.Context(), control.UpdateServiceInput{Cluster: "default", Name: "web", ServiceChange: control.ServiceChange{
		PlacementStrategy: binpack, Rebalancing: structs.RebalancingEnabled,
	}})
	if err == nil || !strings.Contains(err.Error(), "availabilityZoneRebalancing") {
		t.Errorf("both at once: %v", err)
	}
	if job := h.update(control.UpdateServiceInput{ServiceChange: control.ServiceChange{PlacementStrategy: binpack}}); job.Service.Rebalancing != structs.RebalancingDisabled {
		t.Errorf("with binpack it is %q", job.Service.Rebalancing)
	}
	if job := h.update(control.UpdateServiceInput{ServiceChange: control.ServiceChange{PlacementStrategy: []structs.PlacementStrategy{}}}); job.Service.Rebalancing != structs.RebalancingDisabled {
		t.Errorf("nobody asked for it again, and it is %q", job.Service.Rebalancing)
	}
}
