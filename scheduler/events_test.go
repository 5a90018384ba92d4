package scheduler

import (
	"regexp"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// serviceCluster has one roomy instance and a service of count tasks.
func serviceCluster(t *testing.T, count int) *cluster {
	c := newCluster(t)
	c.define(1, false, 0, 1, 0)
	c.update(func(tx *state.Tx) {
		tx.PutInstance(&structs.ContainerInstance{
			ID: "a", Cluster: "default", Status: structs.InstanceActive, AgentConnected: true, Registered: structs.Resources{Memory: 1 << 20},
		})
	})
	c.put(structs.Job{
		ID: serviceJob, Cluster: "default", Name: "web", Type: structs.JobService, Status: structs.ServiceActive, Count: count, TaskDefinition: "f:1",
		Service: &structs.ServiceSpec{Update: structs.UpdatePolicy{MinimumHealthyPercent: 100, MaximumPercent: 200}},
	}, "ecs-svc/0000000000000000001")
	return c
}

// TestEventNamesTwentyTasks: a plan is one log entry, and an event one line, however many tasks
// start.
func TestEventNamesTwentyTasks(t *testing.T) {
	for count, more := range map[int]string{20: ").", 21: ") and 1 more.", 5000: ") and 4980 more."} {
		plan := serviceCluster(t, count).look()
		if len(plan.Placements) != count || len(plan.Events) != 1 {
			t.Fatalf("%d placements with %d events", len(plan.Placements), len(plan.Events))
		}
		text := plan.Events[0].Message
		if strings.Count(text, "(task ") != 20 || !strings.HasSuffix(text, more) {
			t.Errorf("the event on %d tasks is %s", count, text)
		}
	}
}

// TestIDs: the ids of one plan have the forms that clients know, and all differ.
func TestIDs(t *testing.T) {
	c := serviceCluster(t, 3)
	job := *c.job()
	spec := *job.Service
	spec.Update.CircuitBreaker, spec.Update.Rollback = true, true
	job.Service, job.Count = &spec, 1
	c.look()
	for _, id := range c.started {
		c.report(id, structs.TaskRunning, "")
	}
	plan := c.look()
	uuid := regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for _, e := range plan.Events {
		if !uuid.MatchString(e.ID) || seen[e.ID] {
			t.Errorf("the id of an event is %s", e.ID)
		}
		seen[e.ID] = true
	}
	if len(seen) != 2 {
		t.Fatalf("%d events", len(seen))
	}

	c.put(job, "ecs-svc/0000000000000000002")
	c.alterDeployment("ecs-svc/0000000000000000002", func(row *structs.Deployment) { row.FailedTasks = 3 })
	plan = c.look()
	if len(plan.Deployments) != 2 || !regexp.MustCompile(`^ecs-svc/[0-9]{19}$`).MatchString(plan.Deployments[1].ID) {
		t.Fatalf("the deployments are %+v", plan.Deployments)
	}
	rollback := plan.Deployments[1]
	if rollback.RollbackOf != "ecs-svc/0000000000000000002" || rollback.JobVersion != plan.Rollback.Version || plan.Rollback.Version != plan.JobVersion+1 {
		t.Errorf("the rollback is %+v to %+v", rollback, plan.Rollback)
	}
	// The limits and the breaker are not part of a revision: they stay as the user last set them.
	if plan.Rollback.Count != 1 || !plan.Rollback.Service.Update.Rollback {
		t.Errorf("the service goes back to %+v", plan.Rollback)
	}
}

// TestFollowUpsOfOneTimeAreOne: every look at a service that waits asks for the same next look,
// which must not pile up.
func TestFollowUpsOfOneTimeAreOne(t *testing.T) {
	c := serviceCluster(t, 1)
	c.look()
	c.alterDeployment("ecs-svc/0000000000000000001", func(row *structs.Deployment) { row.Failures, row.LastFailureAt = 3, c.now })
	c.report(c.started[0], structs.TaskStopped, "")
	c.alterDeployment("ecs-svc/0000000000000000001", func(row *structs.Deployment) { row.Failures = 3 })
	first := c.look().FollowUp
	c.now += 500
	second := c.look().FollowUp
	if first == nil || second == nil || first.ID != second.ID || first.WaitUntil != second.WaitUntil || second.WaitUntil <= c.now {
		t.Fatalf("the next looks are %+v and %+v", first, second)
	}
	// The state machine makes ids of the same half of the job's id and a raft index.
	if !regexp.MustCompile(`^[0-9a-f]{16}[89a-f][0-9a-f]{15}$`).MatchString(first.ID) {
		t.Errorf("the id is %s", first.ID)
	}
	c.now = first.WaitUntil
	if plan := c.look(); len(plan.Placements) != 1 || plan.FollowUp != nil {
		t.Errorf("when the time has come the plan is %+v", plan)
	}
}
