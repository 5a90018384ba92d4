package control_test

import (
	"testing"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// Users cannot override the attributes that an agent reports, and those that users put survive the
// agent's next registration.
func TestAttributesOfAgentsAndUsers(t *testing.T) {
	c := singlenode.New(t)
	in := structs.ContainerInstance{Cluster: "default", Attributes: []structs.Attribute{{Name: "rack", Value: "7"}}}
	i, err := c.Control.RegisterInstance(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string) error {
		return c.Control.PutAttributes(t.Context(), "default", []structs.InstanceAttribute{{
			Instance: i.ID, Attribute: structs.Attribute{Name: name, Value: "8"},
		}})
	}
	if err := put("rack"); structs.KindOf(err) != structs.KindInvalidParameter {
		t.Errorf("put an attribute of the agent: %v", err)
	}
	if err := put("stack"); err != nil {
		t.Fatal(err)
	}
	in.ID = i.ID
	if i, err = c.Control.RegisterInstance(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if rack, _ := i.Attribute("rack"); rack != "7" {
		t.Errorf("rack is %s", rack)
	}
	if stack, _ := i.Attribute("stack"); stack != "8" {
		t.Errorf("after a registration stack is %q", stack)
	}
}

// A deregistered instance cannot be changed, and comes back by registering.
func TestDeregisteredInstance(t *testing.T) {
	c := singlenode.New(t)
	i := c.AddInstance(t, "default", 1024, 1024)
	if _, err := c.Control.DeregisterInstance(t.Context(), "default", i.ID, false); err != nil {
		t.Fatal(err)
	}
	attribute := []structs.InstanceAttribute{{Instance: i.ID, Attribute: structs.Attribute{Name: "rack"}}}
	if err := c.Control.PutAttributes(t.Context(), "default", attribute); structs.KindOf(err) != structs.KindTargetNotFound {
		t.Errorf("put on it: %v", err)
	}
	_, failures, err := c.Control.SetInstanceStatus(t.Context(), "default", []string{i.ID}, structs.InstanceActive)
	if err != nil || len(failures) != 1 || failures[0].Reason != structs.FailInactive {
		t.Errorf("set to ACTIVE: %v, %+v", err, failures)
	}
	back, err := c.Control.RegisterInstance(t.Context(), *i)
	if err != nil || back.Status != structs.InstanceActive {
		t.Errorf("registered again: %v, %+v", err, back)
	}
}
