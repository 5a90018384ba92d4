package e2e

import (
	"strings"
	"testing"
)

// TestCapacityProvider: a provider is made and given to the cluster, and tasks run on the machine
// that names it; tasks for another provider do not.
func TestCapacityProvider(t *testing.T) {
	d := startDev(t, "--capacity-provider", "machines")
	family := d.family(app("main", "sleep", "600"))
	d.aws(nil, "create-capacity-provider", "--name", "machines", "--auto-scaling-group-provider", "autoScalingGroupArn=rack-7")
	d.aws(nil, "put-cluster-capacity-providers", "--cluster", "default", "--capacity-providers", "machines", "FARGATE",
		"--default-capacity-provider-strategy", "capacityProvider=machines,weight=1")

	var out struct {
		Tasks []struct{ TaskArn, CapacityProviderName string }
	}
	d.aws(&out, "run-task", "--task-definition", family)
	if len(out.Tasks) != 1 || out.Tasks[0].CapacityProviderName != "machines" {
		t.Fatalf("by the default strategy: %+v", out)
	}
	d.await(out.Tasks[0].TaskArn, "RUNNING")

	var instance struct {
		ContainerInstances []struct{ CapacityProviderName string }
	}
	d.aws(&instance, "describe-container-instances", "--container-instances", d.instance())
	if got := instance.ContainerInstances[0].CapacityProviderName; got != "machines" {
		t.Errorf("the instance is of capacity provider %q", got)
	}

	name := d.serviceName()
	d.aws(nil, "create-service", "--service-name", name, "--task-definition", family, "--desired-count", "1",
		"--capacity-provider-strategy", "capacityProvider=FARGATE,weight=1")
	s := &service{d, name}
	s.deleteAtEnd(t)
	s.until("say that it has no machine", func() bool { return s.hasEvent("No Container Instances were found in your capacity provider.") })
	d.aws(nil, "update-service", "--service", name, "--capacity-provider-strategy", "capacityProvider=machines,weight=1")
	d.aws(nil, "wait", "services-stable", "--services", name)

	if text, err := d.tryAWS("delete-capacity-provider", "--capacity-provider", "machines"); err == nil || !strings.Contains(text, "ResourceInUseException") {
		t.Errorf("deleting it in use: %v %s", err, text)
	}
}
