package fsm

import (
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// serviceSamples are the samples about services.
func serviceSamples() map[string]structs.Command {
	eval := structs.Evaluation{
		ID: "2123456789abcdef0123456789abcdef", Cluster: "prod", Job: "1123456789abcdef0123456789abcdef", Because: structs.BecauseServiceCreated,
		Status: structs.EvaluationReady, CreatedAt: 1_700_000_000_140, WaitUntil: 1_700_000_000_141,
	}
	attributes := []structs.InstanceAttribute{{
		Instance:  "0123456789abcdef0123456789abcdef",
		Attribute: structs.Attribute{Name: "rack", Value: "7", TargetId: "0123456789abcdef0123456789abcdef", TargetType: "container-instance"},
	}}
	deployment := sampleDeployment()
	return map[string]structs.Command{
		"put_attributes":      structs.PutAttributes{Cluster: "prod", Attributes: attributes, At: 1_700_000_000_143},
		"delete_attributes":   structs.DeleteAttributes{Cluster: "prod", Attributes: attributes, At: 1_700_000_000_144},
		"set_instance_status": structs.SetInstanceStatus{Instances: []string{"i1", "i2"}, Status: structs.InstanceDraining, At: 1_700_000_000_145},
		"put_service": structs.PutService{
			Job: sampleService(), Deployment: &deployment, Evaluation: eval, Tags: []structs.Tag{{Key: "a", Value: "b"}},
		},
		"put_service_no_deployment": structs.PutService{Job: sampleService(), Evaluation: eval},
		"delete_service":            structs.DeleteService{Job: "1123456789abcdef0123456789abcdef", Force: true, Evaluation: eval, At: 1_700_000_000_146},
		"stop_deployment": structs.StopDeployment{
			Deployment: "ecs-svc/1234567890123456789", Type: "ROLLBACK", Evaluation: eval, At: 1_700_000_000_147,
		},
		"pin_images": structs.PinImages{
			Deployment: "ecs-svc/1234567890123456789", Images: []structs.PinnedImage{{Container: "app", Digest: "sha256:" + strings.Repeat("a", 64)}},
		},
		"protect_tasks": structs.ProtectTasks{Tasks: []string{"t1"}, Until: 1_700_000_000_149, At: 1_700_000_000_148},
		"put_job": structs.PutJob{
			Definition: new(sampleDefinition()), Job: scheduled(sampleService()), Deployment: &deployment, Evaluation: eval,
			Tags: []structs.Tag{{Key: "a", Value: "b"}},
		},
		"put_job_batch": structs.PutJob{Job: sampleService(), Evaluation: eval, Replaces: "0123456789abcdef0123456789abcdef"},
		"continue_deployment": structs.ContinueDeployment{
			Deployment: "ecs-svc/1234567890123456789", Pause: "5123456789abcdef0123456789abcdef", Action: structs.HookRollback, Evaluation: eval,
			At: 1_700_000_000_152,
		},
		"put_service_traffic": structs.PutService{Job: trafficService(), Deployment: trafficDeployment(), Evaluation: eval},
		"put_service_breaker": structs.PutService{Job: breakerService(), Evaluation: eval},
		"put_service_shift":   structs.PutService{Job: shiftService(), Deployment: shiftDeployment(), Evaluation: eval},
		"apply_plan_service": structs.ApplyPlan{Plan: structs.Plan{
			Evaluation: eval.ID, Job: eval.Job, Status: structs.EvaluationBlocked, Unplaced: 1, At: 1_700_000_000_151,
			Placements: []structs.Placement{{Task: "3123456789abcdef0123456789abcdef", Instance: "0123456789abcdef0123456789abcdef"}},
			Deployment: deployment.ID, JobVersion: 3, Seen: 99,
			Stops:       []structs.Stop{{Task: "t1", Code: structs.StopServiceSchedulerInitiated, Reason: structs.ReasonUnhealthy}},
			Deployments: []structs.Deployment{deployment}, Rollback: new(sampleService()),
			Events:    []structs.ServiceEvent{{ID: "9c0e3a4e-0000-4000-8000-000000000001", At: 1_700_000_000_151, Message: "(service web) has reached a steady state."}},
			JobStatus: structs.ServiceInactive, FollowUp: &eval, Desired: new(6),
			Forgets:  &structs.FailedTasks{Deployment: deployment.ID, Count: 2},
			Failures: []structs.PlacementFailure{{Instance: "i3", Reason: structs.FailMemory}},
			Filtered: []structs.FilterCount{{Reason: structs.FailMemory, Instances: 7}}, Remedy: "Free 384 MiB.",
			Need: structs.Resources{CPU: 384, Memory: 384},
		}},
	}
}

func sampleService() structs.Job {
	return structs.Job{
		ID: "1123456789abcdef0123456789abcdef", Cluster: "prod", Name: "web", Type: structs.JobService, Version: 3,
		Status: structs.ServiceActive, TaskDefinition: "web:1", Count: 4, Group: "service:web", LaunchType: "EC2",
		PlacementConstraints: []structs.PlacementConstraint{}, ClientToken: "token", RequestHash: "hash",
		Service: &structs.ServiceSpec{
			Update: structs.UpdatePolicy{
				MinimumHealthyPercent: 50, MaximumPercent: 150, CircuitBreaker: true, Rollback: true, FailureThreshold: 5,
			},
			HealthGrace: 30, Controller: "ECS", PropagateTags: "SERVICE", ManagedTags: true, Rebalancing: "ENABLED",
			Role: "arn:aws:iam::000000000000:role/r", CreatedBy: "me",
		},
		CreatedAt: 1_700_000_000_139, DeletedAt: 1_700_000_000_999,
	}
}

// scheduled is a job that an external scheduler plans for.
func scheduled(j structs.Job) structs.Job {
	j.Scheduler = "mine"
	return j
}

func sampleDeployment() structs.Deployment {
	return structs.Deployment{
		ID: "ecs-svc/1234567890123456789", Cluster: "prod", Job: "1123456789abcdef0123456789abcdef", JobVersion: 3, TaskDefinition: "web:1",
		Status: structs.DeploymentPrimary, Rollout: structs.RolloutInProgress, RolloutReason: "ECS deployment in progress.",
		FailedTasks: 1, Failures: 2, LastFailureAt: 3, RollbackOf: "ecs-svc/1000000000000000000", StopRequested: "ROLLBACK",
		CreatedAt: 1_700_000_000_139, UpdatedAt: 1_700_000_000_140, FinishedAt: 1_700_000_000_141,
	}
}

// shiftService and shiftDeployment have the fields of strategies other than ROLLING.
func shiftService() structs.Job {
	job := sampleService()
	job.Service.Update.MinHealthySeconds = 2
	job.Service.Update.Shift = &structs.ShiftPolicy{
		Strategy: structs.StrategyCanary, BakeMinutes: 5, StepPercent: 2.5, StepBakeMinutes: 10, Hooks: []structs.LifecycleHook{
			{Stages: []string{structs.StagePostScaleUp}, TimeoutMinutes: 30, TimeoutAction: structs.HookContinue},
		},
	}
	return job
}

func breakerService() structs.Job {
	job := sampleService()
	job.Service.Update.FailureThreshold, job.Service.Update.ResetOnHealthyTask = 0, true
	job.Service.Update.ThresholdConfiguration = &structs.BreakerThreshold{Type: structs.ThresholdUnboundedPercent, Value: 30}
	return job
}

func shiftDeployment() *structs.Deployment {
	d := sampleDeployment()
	d.Adopts, d.Stage, d.StageAt = "ecs-svc/1000000000000000000", structs.StageProductionShift, 1_700_000_000_150
	d.Traffic = &structs.Traffic{Production: 2.5, Test: 100}
	d.Pauses = []structs.Pause{{
		ID: "5123456789abcdef0123456789abcdef", Stage: structs.StagePostScaleUp, Status: structs.HookSucceeded, ExpiresAt: 1_700_000_000_151,
		TimeoutAction: structs.HookContinue,
	}}
	return &d
}
