package fsm

import "github.com/gantry-project/gantry/structs"

// trafficService and trafficDeployment have the fields that are about load balancers, names, and
// early success.
func trafficService() structs.Job {
	job := sampleService()
	job.Service.LoadBalancers = []structs.ServiceLoadBalancer{{
		TargetGroup: "a000000000000001", Container: "app", ContainerPort: 80,
		Alternate: &structs.AlternateTargets{TargetGroup: "a000000000000002", ProductionRule: "d000000000000001", TestRule: "d000000000000002", Role: "r"},
	}}
	job.Service.Monitoring = []structs.MetricSetting{{Names: []string{"CPUUtilization"}, Resolution: 20}}
	job.Service.Update.Early = &structs.EarlySuccess{HealthyPercent: 60, Cleanup: structs.CleanupDeferred}
	return job
}

func trafficDeployment() *structs.Deployment {
	d := sampleDeployment()
	d.Alternate, d.EarlyAt = true, 1_700_000_000_160
	d.TaskSet = &structs.TaskSet{LoadBalancers: []structs.ServiceLoadBalancer{{TargetGroup: "a000000000000001", Container: "app", ContainerPort: 80}}}
	return &d
}
