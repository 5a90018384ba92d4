package singlenode

import (
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// serviceOf returns a cluster of one instance, with service web of that many tasks.
func serviceOf(t *testing.T, count int) *Node {
	t.Helper()
	c := New(t)
	c.AddInstance(t, "default", 4096, 8192)
	registerWeb(t, c)
	_, err := c.Control.CreateService(t.Context(), control.CreateServiceInput{
		Cluster: "default", Name: "web", ServiceChange: control.ServiceChange{TaskDefinition: "web", Count: &count},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func registerWeb(t *testing.T, c *Node) {
	t.Helper()
	_, err := c.Control.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{
		Family: "web", ContainerDefinitions: []structs.ContainerDefinition{{Name: "app", Image: "nginx", Memory: new(int32(64))}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
}

func (c *Node) service() *structs.Job { return c.Store.Snapshot().Service("default", "web") }

// alive returns the tasks of the service that run or are meant to run.
func (c *Node) alive() (ids []string) {
	for task := range c.Store.Snapshot().JobTasks(c.service().ID) {
		if task.DesiredStatus == structs.TaskRunning && task.Holds() {
			ids = append(ids, task.ID)
		}
	}
	return ids
}

func (c *Node) primary(t *testing.T) *structs.Deployment {
	t.Helper()
	var primary *structs.Deployment
	for d := range c.Store.Snapshot().Deployments(c.service().ID) {
		if d.Status == structs.DeploymentPrimary {
			primary = d
		}
	}
	return primary
}

// TestServiceLife takes a service through its life, by the reports of agents only.
func TestServiceLife(t *testing.T) {
	c := serviceOf(t, 3)
	if n := len(c.alive()); n != 3 {
		t.Fatalf("%d tasks, want 3", n)
	}
	c.Settle(t)
	first := c.primary(t)
	if first.Rollout != structs.RolloutCompleted {
		t.Errorf("deployment %+v, want it completed", first)
	}
	if events := c.Store.Snapshot().ServiceEvents(c.service().ID).Events; !strings.HasSuffix(events[0].Message, "has reached a steady state.") {
		t.Errorf("the last event is %q", events[0].Message)
	}

	victim := c.alive()[0]
	c.Fail(t, victim)
	if alive := c.alive(); len(alive) != 3 {
		t.Errorf("%d tasks after one ended, want it replaced", len(alive))
	}
	c.Settle(t)

	registerWeb(t, c)
	if _, err := c.Control.UpdateService(t.Context(), control.UpdateServiceInput{
		Cluster: "default", Name: "web", ServiceChange: control.ServiceChange{TaskDefinition: "web"},
	}); err != nil {
		t.Fatal(err)
	}
	c.Settle(t)
	second := c.primary(t)
	if second.ID == first.ID || second.Rollout != structs.RolloutCompleted || c.Store.Snapshot().Deployment(first.ID).Status != structs.DeploymentInactive {
		t.Errorf("deployments %+v, then %+v", c.Store.Snapshot().Deployment(first.ID), second)
	}
	for _, id := range c.alive() {
		if task := c.Store.Snapshot().Task(id); task.TaskDefinition != "web:2" || task.StartedBy != second.ID {
			t.Errorf("task %+v is not of the new deployment", task)
		}
	}

	if _, err := c.Control.DeleteService(t.Context(), "default", "web", true); err != nil {
		t.Fatal(err)
	}
	c.Settle(t)
	if s := c.service(); s.Status != structs.ServiceInactive || len(c.alive()) != 0 {
		t.Errorf("service %+v with %d tasks, want it INACTIVE", s, len(c.alive()))
	}
}

// TestServiceWaitsForRoom: waiting tasks start by themselves when an instance joins.
func TestServiceWaitsForRoom(t *testing.T) {
	c := serviceOf(t, 200)
	placed := len(c.alive())
	c.AddInstance(t, "default", 4096, 8192)
	if n := len(c.alive()); placed != 128 || n != 200 {
		t.Errorf("%d tasks on one instance, %d on two; want 128 and 200", placed, n)
	}
}

// TestServiceThatCannotStart: starts of tasks back off, and Advance reaches the next one.
func TestServiceThatCannotStart(t *testing.T) {
	c := serviceOf(t, 1)
	starts := 0
	for len(c.alive()) > 0 {
		if starts++; starts > 50 {
			t.Fatal("it starts again at once, forever")
		}
		c.Fail(t, c.alive()...)
	}
	c.Advance(t, 10*time.Minute)
	if n := len(c.alive()); n != 1 {
		t.Errorf("%d tasks after ten minutes, want the next start", n)
	}
}
