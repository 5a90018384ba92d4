package fsm

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

func TestCapacityProvider(t *testing.T) {
	h := newHarness(t)
	h.do(putProvider("machines"))
	h.refused(putProvider("machines"), structs.KindClient, "already exists")
	h.refused(putProvider(structs.ProviderFargate), structs.KindClient, "already exists")
	same := putProvider("other")
	same.Provider.AutoScalingGroup = putProvider("machines").Provider.AutoScalingGroup
	h.refused(same, structs.KindClient, "already being used by another capacity provider")

	change := putProvider("machines")
	change.Create, change.Tags, change.Provider.CreatedAt, change.Provider.UpdateStatus = false, nil, 9, structs.ProviderUpdateComplete
	h.do(change)
	p := h.snap().CapacityProvider("machines")
	if p.Status != structs.ProviderActive || p.UpdateStatus != structs.ProviderUpdateComplete || p.CreatedAt != 3 {
		t.Errorf("changed to %+v", p)
	}
	if len(h.snap().Tags("capacity-provider/machines")) != 1 {
		t.Error("a change took the tags")
	}
	change.Provider.Name = "none"
	h.refused(change, structs.KindClient, "was not found")

	h.do(structs.CreateCluster{Cluster: structs.Cluster{Name: "prod", CapacityProviders: []string{"machines"}}})
	h.refused(structs.DeleteCapacityProvider{Provider: "machines"}, structs.KindResourceInUse, "cluster prod")
	h.do(withProviders("prod"))
	h.do(structs.DeleteCapacityProvider{Provider: "machines", At: 7})
	h.do(structs.DeleteCapacityProvider{Provider: "machines", At: 8})
	if p := h.snap().CapacityProvider("machines"); p.Status != structs.ProviderInactive || p.DeletedAt != 7 {
		t.Errorf("deleted, it is %+v", p)
	}
	h.refused(structs.DeleteCapacityProvider{Provider: "none"}, structs.KindClient, "was not found")
	h.refused(structs.DeleteCapacityProvider{Provider: structs.ProviderFargate}, structs.KindClient, "reserved")
	h.refused(withProviders("prod", "machines"), structs.KindInvalidParameter, "was not found")

	h.do(structs.Collect{Before: 7})
	if h.snap().CapacityProvider("machines") == nil {
		t.Error("forgotten at the moment of its deletion")
	}
	h.do(structs.Collect{Before: 8})
	if h.snap().CapacityProvider("machines") != nil || h.snap().Tags("capacity-provider/machines") != nil {
		t.Error("it or its tags were not forgotten")
	}
	h.do(putProvider("machines"))
}

func TestUpdateCluster(t *testing.T) {
	h := newHarness(t)
	settings := []structs.ClusterSetting{{Name: "containerInsights", Value: "enabled"}}
	h.do(structs.CreateCluster{Cluster: structs.Cluster{Name: "prod", Settings: settings, CreatedAt: 5}})
	h.do(withProviders("prod", structs.ProviderFargate))
	h.do(structs.UpdateCluster{Cluster: "prod", Configuration: &structs.ClusterConfiguration{}})
	want := &structs.Cluster{
		Name: "prod", Status: structs.ClusterActive, CreatedAt: 5, Settings: settings,
		CapacityProviders: []string{structs.ProviderFargate}, Configuration: &structs.ClusterConfiguration{},
	}
	if diff := cmp.Diff(want, h.snap().Cluster("prod")); diff != "" {
		t.Error(diff)
	}
	h.do(structs.UpdateCluster{Cluster: "prod", ServiceConnectDefaults: &structs.ClusterServiceConnectDefaults{Namespace: "n"}})
	h.do(structs.UpdateCluster{Cluster: "prod"})
	if got := h.snap().Cluster("prod").ServiceConnectDefaults; got == nil || got.Namespace != "n" {
		t.Errorf("its namespace is %v, want n", got)
	}
	h.do(structs.UpdateCluster{Cluster: "prod", ServiceConnectDefaults: &structs.ClusterServiceConnectDefaults{}})
	if got := h.snap().Cluster("prod").ServiceConnectDefaults; got != nil {
		t.Errorf("an empty namespace left %v", got)
	}
	h.do(withProviders("prod"))
	h.refused(withProviders("none"), structs.KindClusterNotFound, "Cluster not found.")
	h.do(structs.DeleteCluster{Cluster: "prod", At: 6})
	h.refused(withProviders("prod"), structs.KindClusterNotFound, "inactive")
}

// TestClusterKeepsTheProvidersInUse: a provider that a service names in its strategy cannot be
// removed from the cluster (ECS).
func TestClusterKeepsTheProvidersInUse(t *testing.T) {
	h := cluster(t)
	h.do(putProvider("machines"))
	h.do(withProviders("prod", "machines", structs.ProviderFargate))
	cmd := putServiceCommand("s1", "web", 1, "se1", "d1")
	cmd.Job.CapacityStrategy = []structs.CapacityProviderStrategyItem{{CapacityProvider: "machines", Weight: 1}}
	h.do(cmd)
	h.refused(withProviders("prod", structs.ProviderFargate), structs.KindResourceInUse, "service web")
	h.do(withProviders("prod", "machines"))

	plan := servicePlan(h, "se1", "s1", "d1", structs.Placement{Task: "t9", Instance: "i1", Provider: "machines"})
	h.do(plan)
	if got := h.snap().Task("t9").CapacityProvider; got != "machines" {
		t.Errorf("the task's capacity provider is %q", got)
	}
	next := putServiceCommand("s1", "web", 2, "se2", "d2") // without a strategy
	h.do(next)
	h.refused(withProviders("prod", structs.ProviderFargate), structs.KindResourceInUse, "task t9")
	h.do(report("i1", structs.TaskUpdate{Task: "t9", Status: structs.TaskStopped}))
	h.do(withProviders("prod", structs.ProviderFargate))
}
