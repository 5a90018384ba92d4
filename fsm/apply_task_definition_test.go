package fsm

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

func TestRegisterTaskDefinition(t *testing.T) {
	h := newHarness(t)
	cmd := structs.RegisterTaskDefinition{Definition: sampleDefinition(), Tags: []structs.Tag{{Key: "a", Value: "b"}}}
	if key := h.do(cmd); key != "web:1" {
		t.Errorf("key %q, want web:1", key)
	}
	if key := h.do(cmd); key != "web:2" {
		t.Errorf("key %q, want web:2", key)
	}
	want := sampleDefinition()
	want.Revision, want.Status = 2, structs.DefinitionActive
	if diff := cmp.Diff(&want, h.snap().TaskDefinition("web:2")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(cmd.Tags, h.snap().Tags("task-definition/web:2")); diff != "" {
		t.Error(diff)
	}
}

func TestTaskDefinitionSteps(t *testing.T) {
	h := newHarness(t)
	for range 3 {
		h.do(structs.RegisterTaskDefinition{Definition: sampleDefinition()})
	}
	to := func(status string, at structs.Time, keys ...string) structs.UpdateTaskDefinitions {
		return structs.UpdateTaskDefinitions{Definitions: keys, Status: status, At: at}
	}
	check := func(key, status string, deregistered, deleted structs.Time) {
		t.Helper()
		d := h.snap().TaskDefinition(key)
		if d.Status != status || d.DeregisteredAt != deregistered || d.DeleteRequestedAt != deleted {
			t.Errorf("%s is %s, %d, %d, want %s, %d, %d",
				key, d.Status, d.DeregisteredAt, d.DeleteRequestedAt, status, deregistered, deleted)
		}
	}
	h.do(to(structs.DefinitionInactive, 5, "web:1"))
	h.do(to(structs.DefinitionInactive, 6, "web:1", "web:2"))
	check("web:1", structs.DefinitionInactive, 5, 0) // the first time is kept
	check("web:2", structs.DefinitionInactive, 6, 0)

	h.do(to(structs.DefinitionDeleteInProgress, 7, "web:1", "web:3"))
	check("web:1", structs.DefinitionDeleteInProgress, 5, 7)
	check("web:3", structs.DefinitionActive, 0, 0) // an ACTIVE one is not deleted

	h.do(to(structs.DefinitionInactive, 8, "web:1"))
	check("web:1", structs.DefinitionDeleteInProgress, 5, 7) // never backwards

	h.refused(to(structs.DefinitionInactive, 9, "web:3", "web:9"), structs.KindClient, "Unable to describe task definition.")
}
