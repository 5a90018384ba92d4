package fsm

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

func TestServiceTasks(t *testing.T) {
	h := serving(t)
	task := h.snap().Task("t1")
	if task.Group != "service:web" || task.StartedBy != "d1" || task.TaskDefinition != "web:1" {
		t.Errorf("task %+v, want it to be of its service and deployment", task)
	}
}

// TestTasksRunTheirDeployment: placements use the definition of the deployment that they name.
func TestTasksRunTheirDeployment(t *testing.T) {
	h := serving(t)
	h.do(structs.RegisterTaskDefinition{Definition: sampleDefinition()})
	next := putServiceCommand("s1", "web", 2, "se2", "d2")
	next.Job.TaskDefinition = "web:2"
	h.do(next)
	h.do(servicePlan(h, "se2", "s1", "d2", structs.Placement{Task: "t3", Instance: "i1"}))
	h.do(putServiceCommand("s1", "web", 3, "se3", ""))
	h.do(servicePlan(h, "se3", "s1", "d2", structs.Placement{Task: "t4", Instance: "i1"}))
	for _, id := range []string{"t3", "t4"} {
		if task := h.snap().Task(id); task.TaskDefinition != "web:2" || task.StartedBy != "d2" {
			t.Errorf("task %+v", task)
		}
	}
}

func TestServiceTaskTags(t *testing.T) {
	managed := []structs.Tag{{Key: "aws:ecs:clusterName", Value: "prod"}, {Key: "aws:ecs:serviceName", Value: "web"}}
	own, definition := []structs.Tag{{Key: "own", Value: "1"}}, []structs.Tag{{Key: "definition", Value: "1"}}
	for name, c := range map[string]struct {
		spec structs.ServiceSpec
		want []structs.Tag
	}{
		"none":            {structs.ServiceSpec{PropagateTags: "NONE"}, nil},
		"service":         {structs.ServiceSpec{PropagateTags: "SERVICE"}, own},
		"task definition": {structs.ServiceSpec{PropagateTags: "TASK_DEFINITION"}, definition},
		"managed":         {structs.ServiceSpec{ManagedTags: true}, managed},
		"both":            {structs.ServiceSpec{PropagateTags: "SERVICE", ManagedTags: true}, append(own[:1:1], managed...)},
	} {
		t.Run(name, func(t *testing.T) {
			h := cluster(t)
			h.do(structs.TagCommand{Resource: "task-definition/web:1", Tags: definition})
			cmd := putServiceCommand("s1", "web", 1, "se1", "d1")
			cmd.Job.Service = &c.spec
			h.do(cmd)
			// the tags at the time when the task starts
			h.do(structs.TagCommand{Resource: "service/prod/web", Tags: own})
			h.do(servicePlan(h, "se1", "s1", "d1", structs.Placement{Task: "t1", Instance: "i1"}))
			if diff := cmp.Diff(c.want, h.snap().Tags("task/prod/t1")); diff != "" {
				t.Error(diff)
			}
		})
	}
}
