package e2e

import (
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// ran is the part of run-task's output that is read here.
type ran struct {
	Tasks    []struct{ TaskArn, LastStatus string }
	Failures []struct{ Arn, Reason string }
}

// TestPlacementByAttributes: the attributes that a user puts on an instance decide what runs there.
func TestPlacementByAttributes(t *testing.T) {
	d := startDev(t)
	family, instance := d.family(app("main", "sleep", "600")), d.instance()
	run := func(constraint string) (out ran) {
		t.Helper()
		d.aws(&out, "run-task", "--task-definition", family, "--placement-constraints", "type=memberOf,expression="+constraint)
		return out
	}
	constraint := "attribute:stack == production"
	if out := run(constraint); len(out.Tasks) != 0 || len(out.Failures) == 0 || !strings.Contains(out.Failures[0].Reason, "MemberOf") {
		t.Fatalf("before the attribute is there: %+v", out)
	}
	d.aws(nil, "put-attributes", "--attributes", "name=stack,value=production,targetId="+instance)
	out := run(constraint)
	if len(out.Tasks) != 1 || len(out.Failures) != 0 {
		t.Fatalf("once the attribute is there: %+v", out)
	}
	d.await(out.Tasks[0].TaskArn, "RUNNING")

	selected := func(filter string) int {
		t.Helper()
		var list struct{ ContainerInstanceArns []string }
		d.aws(&list, "list-container-instances", "--filter", filter)
		return len(list.ContainerInstanceArns)
	}
	for filter, want := range map[string]int{
		"attribute:stack == production and runningTasksCount == 1":       1,
		"task:group == family:" + family:                                 1,
		"not (task:group == family:" + family + ")":                      0,
		"attribute:ecs.os-type =~ lin.* and attribute:stack in [a, b]":   0,
		"attribute:stack not_exists or attribute:ecs.os-type == solaris": 0,
	} {
		if got := selected(filter); got != want {
			t.Errorf("%s selects %d, want %d", filter, got, want)
		}
	}
	var listed struct {
		Attributes []struct{ Name, Value, TargetId string }
	}
	d.aws(&listed, "list-attributes", "--target-type", "container-instance", "--attribute-name", "stack")
	if len(listed.Attributes) != 1 || listed.Attributes[0].Value != "production" || !strings.HasSuffix(listed.Attributes[0].TargetId, instance) {
		t.Errorf("attributes: %+v", listed)
	}
	d.aws(nil, "delete-attributes", "--attributes", "name=stack,targetId="+instance)
	if out := run(constraint); len(out.Tasks) != 0 {
		t.Errorf("after the attribute has gone: %+v", out)
	}
	if text, err := d.tryAWS("run-task", "--task-definition", family, "--placement-constraints", "type=memberOf,expression=stack = production"); err == nil || !strings.Contains(text, "InvalidParameterException") {
		t.Errorf("a malformed expression: %v, %s", err, text)
	}
	d.stopTask(out.Tasks[0].TaskArn)
}

// TestDraining: a draining instance gets nothing new and keeps tasks that belong to no service;
// once ACTIVE it gets tasks again.
func TestDraining(t *testing.T) {
	d := startDev(t)
	family, instance := d.family(app("main", "sleep", "600")), d.instance()
	first := d.run(family)
	d.await(first, "RUNNING")
	set := func(status string) {
		t.Helper()
		var out struct {
			ContainerInstances []struct{ Status string }
			Failures           []any
		}
		d.aws(&out, "update-container-instances-state", "--container-instances", instance, "--status", status)
		if len(out.ContainerInstances) != 1 || out.ContainerInstances[0].Status != status || len(out.Failures) != 0 {
			t.Fatalf("set to %s: %+v", status, out)
		}
	}
	set("DRAINING")
	var out ran
	d.aws(&out, "run-task", "--task-definition", family)
	if len(out.Tasks) != 0 || len(out.Failures) != 1 || !strings.HasSuffix(out.Failures[0].Arn, instance) {
		t.Fatalf("run while it drains: %+v", out)
	}
	if text, err := d.tryAWS("deregister-container-instance", "--container-instance", instance); err == nil || !strings.Contains(text, "Found running tasks on the instance.") {
		t.Errorf("deregistered with a task on it: %v, %s", err, text)
	}
	if task := d.describe(first); aws.ToString(task.LastStatus) != "RUNNING" || aws.ToString(task.DesiredStatus) != "RUNNING" {
		t.Errorf("a task of no service was touched: %s, desired %s", *task.LastStatus, *task.DesiredStatus)
	}
	set("ACTIVE")
	d.stopTask(d.run(family))

	d.aws(nil, "deregister-container-instance", "--container-instance", instance, "--force")
	if task := d.await(first, "STOPPED"); aws.ToString(task.StoppedReason) != "Container instance deregistration forced by user" {
		t.Errorf("stopped for %q", aws.ToString(task.StoppedReason))
	}
}

// TestEvalExplain: for a task that is too large, the command line says what the instance lacks and
// what would let the task run.
func TestEvalExplain(t *testing.T) {
	d := startDev(t)
	large := app("main", "sleep", "600")
	large.Memory = aws.Int32(1 << 30)
	var out ran
	d.aws(&out, "run-task", "--task-definition", d.family(large))
	if len(out.Tasks) != 0 {
		t.Fatalf("placed: %+v", out)
	}
	var evals struct {
		Index       uint64
		Evaluations []struct {
			ID       string
			Unplaced int
		}
	}
	text, err := d.gantry("eval", "ls", "-o", "json")
	if err != nil || json.Unmarshal([]byte(text), &evals) != nil || len(evals.Evaluations) != 1 || evals.Evaluations[0].Unplaced != 1 || evals.Index == 0 {
		t.Fatalf("eval ls: %v, %s", err, text)
	}
	text, err = d.gantry("eval", "explain", evals.Evaluations[0].ID)
	if err != nil {
		t.Fatal(err, text)
	}
	for _, want := range []string{"1 task found no place", "RESOURCE:MEMORY", d.instance(), "What would let one more task run", "MiB"} {
		if !strings.Contains(text, want) {
			t.Errorf("explain says nothing of %q:\n%s", want, text)
		}
	}
	if text, err := d.gantry("instance", "ls"); err != nil || !strings.Contains(text, d.instance()) {
		t.Errorf("instance ls: %v, %s", err, text)
	}
	task := d.run(d.family(app("main", "sleep", "600")))
	if text, err := d.gantry("task", "ls"); err != nil || !strings.Contains(text, task[strings.LastIndex(task, "/")+1:]) {
		t.Errorf("task ls: %v, %s", err, text)
	}
	text, err = d.gantry("eval", "explain", "nosuch")
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(text, "gantry eval ls") {
		t.Errorf("an unknown id: %v, %s", err, text)
	}
}

// gantry runs the command line against a dev and gives all that it printed.
func (d *dev) gantry(args ...string) (string, error) {
	out, err := exec.CommandContext(d.t.Context(), gantry, append(args, "--address", d.address)...).CombinedOutput()
	return string(out), err
}
