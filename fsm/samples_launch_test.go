package fsm

import "github.com/gantry-project/gantry/structs"

// launchSamples have the fields of a job and of a task set that say where awsvpc tasks and tasks of
// FARGATE go.
func launchSamples() map[string]structs.Command {
	network := &structs.AwsVpcConfiguration{Subnets: []string{"subnet-1", "subnet-2"}, SecurityGroups: []string{}, AssignPublicIp: "ENABLED"}
	eval := structs.Evaluation{ID: "2123456789abcdef0123456789abcdef", Because: structs.BecauseJobRegistered, Status: structs.EvaluationReady}
	return map[string]structs.Command{
		"create_job_fargate": structs.CreateJob{
			Job: structs.Job{
				ID: "1123456789abcdef0123456789abcdef", Cluster: "prod", Type: structs.JobBatch, TaskDefinition: "web:1", Count: 1,
				LaunchType: structs.LaunchFargate, PlatformVersion: "1.4.0", Network: network,
			},
			Evaluation: eval, Tasks: []string{"3123456789abcdef0123456789abcdef"}, Providers: []string{structs.ProviderFargate},
		},
		"put_task_set_launch": structs.PutTaskSet{
			Set: structs.Deployment{
				ID: "ecs-svc/1000000000000000001", Cluster: "prod", Job: "1123456789abcdef0123456789abcdef", TaskDefinition: "web:1",
				TaskSet: &structs.TaskSet{
					LaunchType: structs.LaunchFargate, PlatformVersion: "LATEST", Network: network,
					CapacityStrategy: []structs.CapacityProviderStrategyItem{{CapacityProvider: "p", Base: 1, Weight: 2}},
				},
			},
			Evaluation: eval,
		},
	}
}
