package fsm

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

// deactivate makes an instance INACTIVE without the effects of the command.
func deactivate(h *harness, id string) { setStatus(h, id, structs.InstanceInactive) }

func TestRegisterInstanceMakesItsCluster(t *testing.T) {
	h := newHarness(t)
	tags := []structs.Tag{{Key: "rack", Value: "7"}}
	if key := h.do(structs.RegisterInstance{Instance: instance("i1", "edge"), Tags: tags}); key != "i1" {
		t.Errorf("key %q, want the id", key)
	}
	want := &structs.Cluster{Name: "edge", Status: structs.ClusterActive, CreatedAt: 2}
	if diff := cmp.Diff(want, h.snap().Cluster("edge")); diff != "" {
		t.Error(diff)
	}
	i := h.snap().Instance("i1")
	if i.Status != structs.InstanceActive || i.Version != 1 || i.RegisteredAt != 2 {
		t.Errorf("registered as %+v", i)
	}
	if diff := cmp.Diff(tags, h.snap().Tags("container-instance/edge/i1")); diff != "" {
		t.Error(diff)
	}
}

func TestRegisterInstanceAgain(t *testing.T) {
	h := cluster(t)
	setStatus(h, "i1", structs.InstanceDraining)
	version := h.snap().Instance("i1").Version
	again := instance("i1", "prod")
	again.Registered.Memory, again.Name, again.Zone, again.RegisteredAt = 16000, "new", "b", 99
	h.do(structs.RegisterInstance{Instance: again, Tags: []structs.Tag{{Key: "late"}}})

	i := h.snap().Instance("i1")
	if i.RegisteredAt != 2 || i.Status != structs.InstanceDraining || i.Version != version+1 {
		t.Errorf("registeredAt %d, status %s, version %d: want those of before, version + 1", i.RegisteredAt, i.Status, i.Version)
	}
	if i.Registered.Memory != 16000 || i.Name != "new" || i.Zone != "b" {
		t.Errorf("not renewed: %+v", i)
	}
	if tags := h.snap().Tags("container-instance/prod/i1"); tags != nil {
		t.Errorf("tags of a second registration were set: %v", tags)
	}

	deactivate(h, "i2")
	h.do(structs.RegisterInstance{Instance: instance("i2", "prod")})
	if status := h.snap().Instance("i2").Status; status != structs.InstanceActive {
		t.Errorf("an INACTIVE instance that registers again is %s", status)
	}
	h.refused(structs.RegisterInstance{Instance: instance("i1", "other")}, structs.KindClient, "is registered in cluster prod")
}

func TestSetAgentConnected(t *testing.T) {
	h := cluster(t)
	h.do(structs.SetAgentConnected{Instances: []string{"i1", "gone"}, Connected: true})
	h.do(structs.SetAgentConnected{Instances: []string{"i1", "i2"}, Connected: true})
	for _, id := range []string{"i1", "i2"} {
		if i := h.snap().Instance(id); !i.AgentConnected || i.Version != 2 {
			t.Errorf("%s: connected %v, version %d, want true and one change", id, i.AgentConnected, i.Version)
		}
	}
}
