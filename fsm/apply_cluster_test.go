package fsm

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

func TestCreateCluster(t *testing.T) {
	h := newHarness(t)
	tags := []structs.Tag{{Key: "a", Value: "1"}}
	if key := h.do(structs.CreateCluster{Cluster: structs.Cluster{Name: "prod", CreatedAt: 5}, Tags: tags}); key != "prod" {
		t.Errorf("key %q, want the name", key)
	}
	want := &structs.Cluster{Name: "prod", Status: structs.ClusterActive, CreatedAt: 5}
	if diff := cmp.Diff(want, h.snap().Cluster("prod")); diff != "" {
		t.Error(diff)
	}

	again := structs.CreateCluster{Cluster: structs.Cluster{Name: "prod", CreatedAt: 9}, Tags: []structs.Tag{{Key: "b"}}}
	if key := h.do(again); key != "prod" {
		t.Errorf("key %q, want the name", key)
	}
	if diff := cmp.Diff(want, h.snap().Cluster("prod")); diff != "" {
		t.Errorf("an ACTIVE cluster changed: %s", diff)
	}
	if diff := cmp.Diff(tags, h.snap().Tags("cluster/prod")); diff != "" {
		t.Errorf("its tags changed: %s", diff)
	}

	h.do(structs.DeleteCluster{Cluster: "prod", At: 7})
	h.do(structs.CreateCluster{Cluster: structs.Cluster{Name: "prod", CreatedAt: 9}})
	want.CreatedAt = 9
	if diff := cmp.Diff(want, h.snap().Cluster("prod")); diff != "" {
		t.Errorf("made again: %s", diff)
	}
	if got := h.snap().Tags("cluster/prod"); got != nil {
		t.Errorf("made again it has the deleted one's tags %v", got)
	}
}

func TestDeleteCluster(t *testing.T) {
	h := cluster(t)
	h.refused(structs.DeleteCluster{Cluster: "none"}, structs.KindClusterNotFound, "Cluster not found.")
	h.do(structs.SetAgentConnected{Instances: []string{"i1", "i2"}, Connected: false})
	h.refused(structs.DeleteCluster{Cluster: "prod"}, structs.KindClusterContainsContainerInstances,
		"The Cluster cannot be deleted while Container Instances are active or draining.")

	h.do(structs.CreateCluster{Cluster: structs.Cluster{Name: "empty"}})
	h.do(structs.DeleteCluster{Cluster: "empty", At: 7})
	// a second time is not an error and changes nothing
	h.do(structs.DeleteCluster{Cluster: "empty", At: 8})
	want := &structs.Cluster{Name: "empty", Status: structs.ClusterInactive, DeletedAt: 7}
	if diff := cmp.Diff(want, h.snap().Cluster("empty")); diff != "" {
		t.Error(diff)
	}
}

func TestDeleteClusterWithTasks(t *testing.T) {
	h := running(t)
	deactivate(h, "i1")
	deactivate(h, "i2")
	h.refused(structs.DeleteCluster{Cluster: "prod"}, structs.KindClusterContainsTasks,
		"The Cluster cannot be deleted while Tasks are active.")
	h.do(structs.ReportTasks{Instance: "i1", Updates: []structs.TaskUpdate{{Task: "t1", Status: structs.TaskStopped}}})
	h.do(structs.ReportTasks{Instance: "i2", Updates: []structs.TaskUpdate{{Task: "t2", Status: structs.TaskStopped}}})
	h.do(structs.DeleteCluster{Cluster: "prod"})
}
