package e2e

import "testing"

// TestAccountSettings: the CLI pages through the settings, and what is set for all is what a new
// cluster has.
func TestAccountSettings(t *testing.T) {
	d := startDev(t)
	value := func(name string) string {
		t.Helper()
		var out struct {
			Settings []struct{ Name, Value, PrincipalArn, Type string }
		}
		d.aws(&out, "list-account-settings", "--effective-settings", "--page-size", "2")
		for _, s := range out.Settings {
			if s.Name == name {
				return s.Value
			}
		}
		return ""
	}
	for _, name := range []string{"serviceLongArnFormat", "taskLongArnFormat", "containerInstanceLongArnFormat"} {
		if got := value(name); got != "enabled" {
			t.Errorf("%s is %q", name, got)
		}
	}
	d.aws(nil, "put-account-setting-default", "--name", "containerInsights", "--value", "enhanced")
	var made struct {
		Cluster struct {
			Settings []struct{ Name, Value string }
		}
	}
	d.aws(&made, "create-cluster", "--cluster-name", "watched")
	if s := made.Cluster.Settings; len(s) != 1 || s[0].Value != "enhanced" {
		t.Errorf("a new cluster has %v", s)
	}
	d.aws(nil, "delete-account-setting", "--name", "containerInsights")
	if got := value("containerInsights"); got != "disabled" {
		t.Errorf("after it was deleted it is %q", got)
	}
}

// TestRegisterContainerInstance: an instance that was registered with an identity document exists,
// and nothing runs on it.
func TestRegisterContainerInstance(t *testing.T) {
	d := startDev(t)
	d.aws(nil, "create-cluster", "--cluster-name", "edge")
	var out struct {
		ContainerInstance struct{ ContainerInstanceArn string }
	}
	d.aws(&out, "register-container-instance", "--cluster", "edge", "--instance-identity-document", `{"instanceId":"i-1","availabilityZone":"us-east-1a"}`)
	arn := out.ContainerInstance.ContainerInstanceArn
	var seen struct {
		ContainerInstances []struct {
			Status, Ec2InstanceID string
			AgentConnected        bool
		}
	}
	d.aws(&seen, "describe-container-instances", "--cluster", "edge", "--container-instances", arn)
	if i := seen.ContainerInstances[0]; i.Status != "ACTIVE" || i.AgentConnected || i.Ec2InstanceID != "i-1" {
		t.Errorf("it is %+v", i)
	}
	var run struct{ Failures []struct{ Reason string } }
	d.aws(&run, "run-task", "--cluster", "edge", "--task-definition", d.family(app("main", "sleep", "600")))
	if len(run.Failures) != 1 || run.Failures[0].Reason != "AGENT" {
		t.Errorf("a task there: %+v", run)
	}
	d.aws(nil, "deregister-container-instance", "--cluster", "edge", "--container-instance", arn)
	d.aws(nil, "delete-cluster", "--cluster", "edge")
}
