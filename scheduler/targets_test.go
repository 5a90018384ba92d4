package scheduler

import (
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// Load balancers are part of a revision: a rollback brings those of the earlier version back, with
// the present count and update policy.
func TestARollbackBringsLoadBalancersBack(t *testing.T) {
	c := newCluster(t)
	c.define(1, false, 0, 16, 0)
	c.addInstance(t, "a memory=1024")
	first := []structs.ServiceLoadBalancer{{TargetGroup: "g1", Container: "app", ContainerPort: 80}}
	job := structs.Job{
		ID: serviceJob, Cluster: "default", Name: "web", Type: structs.JobService, Status: structs.ServiceActive, TaskDefinition: "f:1",
		Service: &structs.ServiceSpec{LoadBalancers: first, Update: structs.UpdatePolicy{MinimumHealthyPercent: 100, MaximumPercent: 200}},
	}
	c.put(job, "ecs-svc/1")
	c.look() // no task is wanted, so the deployment is complete
	next := *c.job()
	next.Service = &structs.ServiceSpec{
		LoadBalancers: []structs.ServiceLoadBalancer{{TargetGroup: "g2", Container: "app", ContainerPort: 80}},
		Update:        structs.UpdatePolicy{MinimumHealthyPercent: 50, MaximumPercent: 150},
	}
	next.Count = 1
	c.put(next, "ecs-svc/2")
	c.alterDeployment("ecs-svc/2", func(d *structs.Deployment) { d.StopRequested = structs.StopRollback })
	back := c.look().Rollback
	switch {
	case back == nil:
		t.Fatal("nothing is rolled back")
	case len(back.Service.LoadBalancers) != 1 || back.Service.LoadBalancers[0] != first[0]:
		t.Errorf("the load balancers are %+v", back.Service.LoadBalancers)
	case back.Count != 1 || back.Service.Update.MaximumPercent != 150:
		t.Errorf("the count is %d, the policy %+v", back.Count, back.Service.Update)
	}
	if l := next.Service.LoadBalancers; l[0].TargetGroup != "g2" {
		t.Errorf("the failed version was changed: %+v", l)
	}
}
