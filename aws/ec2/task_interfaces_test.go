package ec2

import (
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// TestInterfaceOfATask: tools take the id of a task's network interface from DescribeTasks and look
// up its address here.
func TestInterfaceOfATask(t *testing.T) {
	c := singlenode.New(t)
	on, err := c.Control.RegisterInstance(t.Context(), structs.ContainerInstance{
		Cluster: "default", Address: "10.0.0.1", Registered: structs.Resources{CPU: 1024, Memory: 1024}, Network: structs.InstanceNetwork{Asks: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	c.MustApply(t, structs.SetAgentConnected{Instances: []string{on.ID}, Connected: true, At: on.RegisteredAt})
	if _, err = c.Control.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{
		Family: "web", NetworkMode: structs.NetworkAwsvpc, ContainerDefinitions: []structs.ContainerDefinition{{Name: "app", Image: "app", Memory: new(int32(64))}},
	}, nil); err != nil {
		t.Fatal(err)
	}
	run, err := c.Control.RunTask(t.Context(), control.RunTaskInput{Job: structs.Job{Cluster: "default", TaskDefinition: "web", Count: 2, Network: &structs.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}}})
	if err != nil {
		t.Fatal(err)
	}
	door := &protocol.Router{Services: []protocol.Service{New(c.Control)}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	first, second := run.Tasks[0], run.Tasks[1]
	w := ask(t, door, "DescribeNetworkInterfaces", "NetworkInterfaceId.1="+structs.TaskInterfaceID(first.ID))
	for _, want := range []string{
		"<privateIpAddress>" + first.Address + "<", "<macAddress>" + structs.TaskMAC(first.Address) + "<", "<instanceId>" + on.EC2ID() + "<", "<subnetId>subnet-",
	} {
		if !strings.Contains(w.Body.String(), want) || first.Address == "" {
			t.Errorf("no %s in %s", want, w.Body)
		}
	}
	all := []string{"eni-" + strings.TrimPrefix(on.EC2ID(), "i-"), structs.TaskInterfaceID(first.ID), structs.TaskInterfaceID(second.ID)}
	slices.Sort(all)
	if ids, _ := found(t, ask(t, door, "DescribeNetworkInterfaces", "")); !slices.Equal(ids, all) {
		t.Errorf("all interfaces are %v, not %v", ids, all)
	}
	if ids, _ := found(t, ask(t, door, "DescribeNetworkInterfaces", "Filter.1.Name=private-ip-address&Filter.1.Value.1="+second.Address)); !slices.Equal(ids, []string{structs.TaskInterfaceID(second.ID)}) {
		t.Errorf("the interfaces with %s are %v", second.Address, ids)
	}
	c.MustApply(t, structs.ReportTasks{Instance: on.ID, Updates: []structs.TaskUpdate{{Task: first.ID, Status: structs.TaskStopped}}})
	if w := ask(t, door, "DescribeNetworkInterfaces", "NetworkInterfaceId.1="+structs.TaskInterfaceID(first.ID)); !strings.Contains(w.Body.String(), "InvalidNetworkInterfaceID.NotFound") {
		t.Errorf("the interface of a task that has ended: %s", w.Body)
	}
	// as ever, the machine itself
	if ids, _ := found(t, ask(t, door, "DescribeInstances", "")); !slices.Equal(ids, []string{on.EC2ID()}) {
		t.Errorf("the machines are %v", ids)
	}
}
