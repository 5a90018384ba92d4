package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// json runs the aws CLI and reads what it prints.
func (d *dev) json(out any, args ...string) {
	d.t.Helper()
	text, err := d.awsCLI(args...)
	if err == nil {
		err = json.Unmarshal([]byte(text), out)
	}
	if err != nil {
		d.t.Fatalf("aws %s: %v\n%s", strings.Join(args, " "), err, text)
	}
}

// TestNeighboursOfECS: the aws CLI learns who it is, and finds the address of a task as tools do.
func TestNeighboursOfECS(t *testing.T) {
	d := startDev(t)
	var caller struct{ Account, Arn, UserID string }
	d.json(&caller, "sts", "get-caller-identity")
	if caller.Account != "000000000000" || caller.Arn != "arn:aws:iam::000000000000:root" || caller.UserID == "" {
		t.Errorf("the caller is %+v", caller)
	}
	var listed struct{ ContainerInstanceArns []string }
	d.json(&listed, "ecs", "list-container-instances")
	var described struct {
		ContainerInstances []struct{ Ec2InstanceID string }
	}
	d.json(&described, "ecs", "describe-container-instances", "--container-instances", listed.ContainerInstanceArns[0])
	id := described.ContainerInstances[0].Ec2InstanceID
	var instances struct {
		Reservations []struct {
			Instances []struct {
				InstanceID, PrivateIPAddress string
				State                        struct{ Name string }
			}
		}
	}
	d.json(&instances, "ec2", "describe-instances", "--instance-ids", id, "--filters", "Name=instance-state-name,Values=running")
	instance := instances.Reservations[0].Instances[0]
	if instance.InstanceID != id || instance.State.Name != "running" {
		t.Fatalf("instance %s is %+v", id, instance)
	}
	var interfaces struct {
		NetworkInterfaces []struct{ PrivateIPAddress string }
	}
	d.json(&interfaces, "ec2", "describe-network-interfaces", "--filters", "Name=attachment.instance-id,Values="+id)
	if len(interfaces.NetworkInterfaces) != 1 || interfaces.NetworkInterfaces[0].PrivateIPAddress != instance.PrivateIPAddress {
		t.Errorf("interfaces %+v of %+v", interfaces, instance)
	}
	// The address is the one that the machine is reached by.
	_, port, _ := strings.Cut(strings.TrimPrefix(d.address, "http://"), ":")
	w, err := http.Get(fmt.Sprintf("http://%s:%s/v1/health", instance.PrivateIPAddress, port))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	if w.StatusCode != http.StatusOK {
		t.Errorf("health: %s", w.Status)
	}
}

// TestServicesThatAreNotHere: whatever protocol the CLI speaks to a service, it reads the error and
// prints it.
func TestServicesThatAreNotHere(t *testing.T) {
	d := startDev(t)
	for _, test := range []struct{ call, code, operation string }{
		{"autoscaling describe-auto-scaling-groups", "InvalidAction", "DescribeAutoScalingGroups"},
		{"scheduler list-schedules", "UnknownOperationException", "ListSchedules"},
		{"events list-rules", "UnknownOperationException", "ListRules"},
		{"ec2 describe-vpcs", "InvalidAction", "DescribeVpcs"},
		{"sts get-session-token", "InvalidAction", "GetSessionToken"},
	} {
		text, err := d.awsCLI(strings.Fields(test.call)...)
		want := fmt.Sprintf("An error occurred (%s) when calling the %s operation: ", test.code, test.operation)
		if err == nil || !strings.Contains(text, want) || !strings.Contains(text, "Gantry") {
			t.Errorf("aws %s: %v\n%s\nwant %s", test.call, err, text, want)
		}
	}
}
