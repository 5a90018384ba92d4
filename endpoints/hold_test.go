package endpoints_test

import (
	"testing"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// TestTheLastOneGoesOn: the only healthy task of a group, asked to stop, gets requests until
// another one can, but only if its service starts another one beside it.
func TestTheLastOneGoesOn(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*structs.Job, *structs.Task)
		want   string
	}{
		{"it will be replaced", func(*structs.Job, *structs.Task) {}, "10.0.0.1:1 healthy"},
		{"none is wanted", func(j *structs.Job, _ *structs.Task) { j.Count = 0 }, "10.0.0.1:1 draining 301000"},
		{"the service is deleted", func(j *structs.Job, _ *structs.Task) { j.Status = structs.ServiceDraining }, "10.0.0.1:1 draining 301000"},
		{"another starts only after it", func(j *structs.Job, _ *structs.Task) { j.Service.Update.MaximumPercent = 100 }, "10.0.0.1:1 draining 301000"},
		{"it is not healthy itself", func(_ *structs.Job, t *structs.Task) { t.Targets[0].Health.State = structs.TargetUnhealthy }, "10.0.0.1:1 draining 301000"},
		{"it has ended", func(_ *structs.Job, t *structs.Task) { t.LastStatus = structs.TaskDeprovisioning }, "10.0.0.1:1 draining 301000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			s.change(func(tx *state.Tx) {
				job := &structs.Job{ID: "j", Cluster: "default", Name: "web", Type: structs.JobService, Status: structs.ServiceActive, Count: 1, Service: &structs.ServiceSpec{
					Update: structs.UpdatePolicy{MaximumPercent: 200}, LoadBalancers: []structs.ServiceLoadBalancer{{TargetGroup: "g", Container: "app", ContainerPort: 80}},
				}}
				leaving := task("leaving", "j", "d", "g", 1, structs.TargetHealthy)
				leaving.DesiredStatus, leaving.StoppingAt = structs.TaskStopped, 1000
				c.change(job, leaving)
				tx.PutJob(job)
				tx.PutDeployment(&structs.Deployment{ID: "d", Job: "j", Status: structs.DeploymentPrimary})
				tx.PutTask(leaving)
			})
			expect(t, traffic(s, "g"), []string{c.want})
			s.change(func(tx *state.Tx) { tx.PutTask(task("next", "j", "d", "g", 2, structs.TargetHealthy)) })
			expect(t, traffic(s, "g"), []string{"10.0.0.1:1 draining 301000", "10.0.0.1:2 healthy"})
		})
	}
}
