package control_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

func TestDeleteTaskDefinitions(t *testing.T) {
	c := singlenode.New(t)
	ctx := t.Context()
	for range 3 {
		define(t, c.Control, "web")
	}
	for _, key := range []string{"web:1", "web:2"} {
		_, err := c.Control.DeregisterTaskDefinition(ctx, key)
		noError(t, err)
	}
	deleted, failures, err := c.Control.DeleteTaskDefinitions(ctx, []string{"web:1", "web:3", "web:4", "web", "none:1", "web:2"})
	noError(t, err)
	var keys []string
	for _, d := range deleted {
		if d.Status != structs.DefinitionDeleteInProgress || d.DeleteRequestedAt == 0 {
			t.Errorf("%s is %s", d.Key(), d.Status)
		}
		keys = append(keys, d.Key())
	}
	if diff := cmp.Diff([]string{"web:1", "web:2"}, keys); diff != "" {
		t.Errorf("deleted (-want +got):\n%s", diff)
	}
	const notThere = "The specified task definition does not exist. Specify a valid account, family, revision and try again."
	want := []control.DefinitionFailure{
		{Key: "web:3", Reason: "The specified task definition is still in ACTIVE status. Please deregister the target and try again."},
		{Key: "web:4", Reason: notThere},
		{Key: "web", Reason: "The specified task definition identifier is invalid. Specify a valid name or ARN and try again."},
		{Key: "none:1", Reason: notThere},
	}
	if diff := cmp.Diff(want, failures); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}

	before := c.Store.Snapshot().Index()
	if _, failures, err = c.Control.DeleteTaskDefinitions(ctx, []string{"web:3"}); err != nil || len(failures) != 1 {
		t.Errorf("failures %v, error %v", failures, err)
	}
	if c.Store.Snapshot().Index() != before {
		t.Error("a deletion of nothing was written to the log")
	}
}

func TestDeregisterTaskDefinition(t *testing.T) {
	c := singlenode.New(t)
	define(t, c.Control, "web")
	_, err := c.Control.DeregisterTaskDefinition(t.Context(), "web:2")
	expectError(t, err, structs.KindClient, "Unable to describe task definition.")
	d, err := c.Control.DeregisterTaskDefinition(t.Context(), "web:1")
	noError(t, err)
	again, err := c.Control.DeregisterTaskDefinition(t.Context(), "web:1")
	noError(t, err)
	if d.Status != structs.DefinitionInactive || d.DeregisteredAt == 0 || again.DeregisteredAt != d.DeregisteredAt {
		t.Errorf("deregistered once: %+v; twice: %+v", d, again)
	}
}
