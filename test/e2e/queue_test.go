package e2e

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestRunTaskQueues: with a capacity provider, tasks that find no room wait. They are shown
// PROVISIONING and without an instance, and start as soon as another task ends.
func TestRunTaskQueues(t *testing.T) {
	d := startDev(t)
	d.aws(nil, "put-cluster-capacity-providers", "--cluster", "default", "--capacity-providers", "FARGATE", "--default-capacity-provider-strategy")
	large := app("main", "sleep", "600")
	large.MemoryReservation = new(d.memory() * 2 / 5) // room for two of three
	family := d.family(large)
	type queued struct {
		TaskArn, LastStatus, ContainerInstanceArn string
	}
	var out struct {
		Tasks    []queued
		Failures []struct{ Reason string }
	}
	d.aws(&out, "run-task", "--task-definition", family, "--count", "3", "--capacity-provider-strategy", "capacityProvider=FARGATE")
	var placed, waiting []string
	for _, task := range out.Tasks {
		if task.ContainerInstanceArn != "" {
			placed = append(placed, task.TaskArn)
		} else {
			waiting = append(waiting, task.TaskArn)
			if task.LastStatus != "PROVISIONING" {
				t.Errorf("a task that waits is %s", task.LastStatus)
			}
		}
	}
	if len(placed) != 2 || len(waiting) != 1 || len(out.Failures) != 0 {
		t.Fatalf("run-task gives %+v", out)
	}
	for _, arn := range placed {
		d.await(arn, "RUNNING")
	}
	if task := d.describe(waiting[0]); *task.LastStatus != "PROVISIONING" || task.ContainerInstanceArn != nil {
		t.Errorf("without room the third is %s on %v", *task.LastStatus, task.ContainerInstanceArn)
	}
	d.stopTask(placed[0])
	if task := d.await(waiting[0], "RUNNING"); task.ContainerInstanceArn == nil {
		t.Error("a task runs on no instance")
	}
	var more struct{ Tasks []queued }
	d.aws(&more, "run-task", "--task-definition", family, "--capacity-provider-strategy", "capacityProvider=FARGATE")
	if task := d.stopTask(more.Tasks[0].TaskArn); *task.LastStatus != "STOPPED" || task.StopCode != types.TaskStopCodeUserInitiated {
		t.Errorf("a task that waited is %s (%s) once it was stopped", *task.LastStatus, task.StopCode)
	}
	d.stopTask(placed[1])
	d.stopTask(waiting[0])
}

// memory is the memory of the instance in MiB.
func (d *dev) memory() int32 {
	d.t.Helper()
	var out struct {
		ContainerInstances []struct {
			RegisteredResources []struct {
				Name         string
				IntegerValue int32
			}
		}
	}
	d.aws(&out, "describe-container-instances", "--container-instances", d.instance())
	for _, r := range out.ContainerInstances[0].RegisteredResources {
		if r.Name == "MEMORY" {
			return r.IntegerValue
		}
	}
	d.t.Fatal("the instance has no memory")
	return 0
}
