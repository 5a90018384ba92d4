package e2e

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// taskSets returns the service's task sets by id. It asks through the SDK, which is faster than the
// command line.
func (s *service) taskSets(t *testing.T) map[string]types.TaskSet {
	t.Helper()
	out, err := s.d.ecs.DescribeTaskSets(t.Context(), &ecs.DescribeTaskSetsInput{Cluster: aws.String("default"), Service: &s.name})
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]types.TaskSet{}
	for _, set := range out.TaskSets {
		byID[*set.Id] = set
	}
	return byID
}

// taskSet holds what the aws command line prints of a task set.
type taskSet struct {
	ID, Status           string
	ComputedDesiredCount int
}

// TestTaskSetsOverCLI moves a service from one task set to another through the aws command line, as
// an external deployment controller does.
func TestTaskSetsOverCLI(t *testing.T) {
	d := startDev(t)
	d.aws(nil, "create-service", "--service-name", "web", "--desired-count", "4", "--deployment-controller", "type=EXTERNAL")
	web := &service{d, "web"}
	web.deleteAtEnd(t)
	of := []string{"--cluster", "default", "--service", "web"}
	one := func(args ...string) taskSet {
		t.Helper()
		var out struct{ TaskSet taskSet }
		d.aws(&out, append(args, of...)...)
		return out.TaskSet
	}
	steady := func(counts map[string]int32) {
		t.Helper()
		web.until("its task sets are steady", func() bool {
			found := web.taskSets(t)
			for id, n := range counts {
				if s := found[id]; s.StabilityStatus != types.StabilityStatusSteadyState || s.RunningCount != n || s.ComputedDesiredCount != n {
					return false
				}
			}
			return len(found) == len(counts)
		})
	}

	blue := one("create-task-set", "--task-definition", d.family(app("main", "sleep")), "--scale", "value=100,unit=PERCENT")
	if blue.Status != "ACTIVE" || blue.ComputedDesiredCount != 4 {
		t.Errorf("create-task-set: %+v", blue)
	}
	one("update-service-primary-task-set", "--primary-task-set", blue.ID)
	steady(map[string]int32{blue.ID: 4})

	green := one("create-task-set", "--task-definition", d.family(app("main", "serve")), "--scale", "value=50,unit=PERCENT")
	one("update-task-set", "--task-set", blue.ID, "--scale", "value=50,unit=PERCENT")
	steady(map[string]int32{blue.ID: 2, green.ID: 2})

	if s := one("update-service-primary-task-set", "--primary-task-set", green.ID); s.Status != "PRIMARY" || *web.taskSets(t)[blue.ID].Status != "ACTIVE" {
		t.Errorf("the primary is %+v, and the other %+v", s, web.taskSets(t)[blue.ID])
	}
	one("update-task-set", "--task-set", green.ID, "--scale", "value=100,unit=PERCENT")
	if text, err := d.tryAWS(append([]string{"delete-task-set", "--task-set", blue.ID}, of...)...); err == nil {
		t.Errorf("a task set that is scaled above 0 was deleted: %s", text)
	}
	one("delete-task-set", "--task-set", blue.ID, "--force")
	steady(map[string]int32{green.ID: 4})
	if text, err := d.tryAWS(append([]string{"describe-task-sets"}, of...)...); err != nil || !strings.Contains(text, "STEADY_STATE") {
		t.Errorf("describe-task-sets: %v %s", err, text)
	}
	if n := len(upContainers(t, d.instance())); n != 4 {
		t.Errorf("%d containers are up, want 4", n)
	}
	web.delete()
	web.inactive()
	if ids := upContainers(t, d.instance()); len(ids) > 0 {
		t.Errorf("containers of a deleted service are up: %v", ids)
	}
}
