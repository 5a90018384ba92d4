package control_test

import (
	"slices"
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// TestRegisterByItsIdentity checks that an instance of which only the identity is known exists, and
// gets work once an agent registers it.
func TestRegisterByItsIdentity(t *testing.T) {
	c := singlenode.New(t)
	define(t, c.Control, "web")
	_, err := c.Control.CreateCluster(t.Context(), structs.Cluster{}, nil)
	noError(t, err)
	i, err := c.Control.RegisterContainerInstance(t.Context(), control.InstanceRegistration{Cluster: structs.DefaultCluster, Name: "i-1", Zone: "z", Type: "t2.micro"})
	noError(t, err)
	zone, _ := i.Attribute(structs.AttributeZone)
	if i.Status != structs.InstanceActive || i.AgentConnected || i.Registered.CPU <= 0 || i.Registered.Memory <= 0 || len(i.Registered.Ports) != 5 || i.Zone != "z" || zone != "z" {
		t.Errorf("registered as %+v", i)
	}
	placed, err := c.Control.RunTask(t.Context(), job(1))
	noError(t, err)
	if len(placed.Tasks) != 0 || len(placed.Failures) != 1 || placed.Failures[0].Reason != structs.FailAgent {
		t.Errorf("without an agent: %+v", placed)
	}
	openStream(t, c.Control, i.ID).Close()
	_, err = c.Control.Beat(i.ID)
	noError(t, err)
	if task := run(t, c.Control, job(1))[0]; task.Instance != i.ID {
		t.Errorf("with an agent the task is on %q", task.Instance)
	}
}

// TestRenewInstance checks that fields that a registration leaves out stay as they are.
func TestRenewInstance(t *testing.T) {
	c := singlenode.New(t)
	_, err := c.Control.CreateCluster(t.Context(), structs.Cluster{}, nil)
	noError(t, err)
	register := func(in control.InstanceRegistration) (*structs.ContainerInstance, error) {
		in.Cluster = structs.DefaultCluster
		return c.Control.RegisterContainerInstance(t.Context(), in)
	}
	rack := structs.Attribute{Name: "rack", Value: "7"}
	first, err := register(control.InstanceRegistration{
		Name: "i-1", Type: "t2.micro", CPU: new(int64(2048)), TCP: []uint16{22}, UDP: []uint16{53}, GPUs: []string{"0"},
		Attributes: []structs.Attribute{rack, {Name: "ecs.capability.task-eni"}}, VersionInfo: &structs.VersionInfo{AgentVersion: "1.0"}, Tags: []structs.Tag{{Key: "a"}},
	})
	noError(t, err)
	noError(t, c.Control.PutAttributes(t.Context(), structs.DefaultCluster, []structs.InstanceAttribute{{Instance: first.ID, Attribute: structs.Attribute{Name: "rack", Value: "8"}}}))
	again, err := register(control.InstanceRegistration{ID: first.ID, Memory: new(int64(512)), UDP: []uint16{}})
	noError(t, err)
	if again.Name != "i-1" || again.Registered.CPU != 2048 || again.Registered.Memory != 512 || again.VersionInfo.AgentVersion != "1.0" ||
		!slices.Equal(again.Registered.Ports, []structs.Port{{Number: 22, Protocol: "tcp"}}) || !slices.Equal(again.GPUs, []string{"0"}) {
		t.Errorf("renewed to %+v", again)
	}
	if value, _ := again.Attribute("rack"); value != "8" {
		t.Errorf("what a user has put is lost: %+v", again.Custom)
	}
	if _, there := again.Attribute("ecs.capability.task-eni"); !there || again.RegisteredAt != first.RegisteredAt || again.Version != first.Version+2 {
		t.Errorf("renewed to %+v", again)
	}
	for _, test := range []struct {
		in    control.InstanceRegistration
		kind  structs.Kind
		words string
	}{
		{control.InstanceRegistration{ID: first.ID, Type: "t3.large"}, structs.KindClient, "Container instance type changes are not supported"},
		{control.InstanceRegistration{ID: first.ID, Attributes: []structs.Attribute{rack}}, structs.KindInvalidParameter, "change it with PutAttributes"},
		{control.InstanceRegistration{ID: "nosuch"}, structs.KindClient, "Referenced container instance nosuch not found."},
		{control.InstanceRegistration{Attributes: []structs.Attribute{{Name: "a b"}}}, structs.KindInvalidParameter, "Invalid attribute name"},
	} {
		_, err := register(test.in)
		expectError(t, err, test.kind, test.words)
	}
	_, err = c.Control.DeregisterInstance(t.Context(), structs.DefaultCluster, first.ID, false)
	noError(t, err)
	back, err := register(control.InstanceRegistration{ID: first.ID})
	noError(t, err)
	if back.Status != structs.InstanceActive || back.DeregisteredAt != 0 || back.AgentConnected {
		t.Errorf("after it was deregistered: %+v", back)
	}
}
