package fsm

import (
	"maps"

	"github.com/gantry-project/gantry/structs"
)

// samples returns one of each command with every field of its own set, for the round trip and the
// golden entries. What a sample holds is on disk in testdata/v1. A later field goes into a new
// sample, never into an existing one.
func samples() map[string]structs.Command {
	all := serviceSamples()
	maps.Copy(all, batchSamples())
	maps.Copy(all, capacitySamples())
	maps.Copy(all, taskSetSamples())
	maps.Copy(all, launchSamples())
	maps.Copy(all, accessKeySamples())
	maps.Copy(all, accountSettingSamples())
	maps.Copy(all, healthSamples())
	maps.Copy(all, networkSamples())
	maps.Copy(all, volumeMappingSamples())
	maps.Copy(all, vaultSamples())
	maps.Copy(all, certificateSamples())
	maps.Copy(all, roleSamples())
	maps.Copy(all, bucketMappingSamples())
	maps.Copy(all, logGroupSamples())
	maps.Copy(all, targetSamples())
	maps.Copy(all, namespaceSamples())
	maps.Copy(all, gatewaySamples())
	maps.Copy(all, trafficSamples())
	maps.Copy(all, targetSamples())
	maps.Copy(all, map[string]structs.Command{
		"create_cluster": structs.CreateCluster{
			Cluster: structs.Cluster{
				Name: "prod", Status: structs.ClusterActive, CapacityProviders: []string{},
				DefaultCapacityStrategy: []structs.CapacityProviderStrategyItem{{CapacityProvider: "p", Base: 1, Weight: 2}},
				Settings:                []structs.ClusterSetting{{Name: "containerInsights", Value: "disabled"}},
				CreatedAt:               1_700_000_000_123,
			},
			Tags: []structs.Tag{{Key: "team", Value: "größe"}, {Key: "empty"}},
		},
		"delete_cluster":           structs.DeleteCluster{Cluster: "prod", At: 1_700_000_000_124},
		"register_task_definition": structs.RegisterTaskDefinition{Definition: sampleDefinition(), Tags: []structs.Tag{{Key: "a", Value: "b"}}},
		"update_task_definitions": structs.UpdateTaskDefinitions{
			Definitions: []string{"web:1", "web:2"}, Status: structs.DefinitionInactive, At: 1_700_000_000_125,
		},
		"register_instance": structs.RegisterInstance{
			Instance: structs.ContainerInstance{
				ID: "0123456789abcdef0123456789abcdef", Cluster: "prod", Zone: "a", Name: "host-1", Address: "10.0.0.7", AgentConnected: true,
				Registered:  structs.Resources{CPU: 4096, Memory: 7936, Ports: []structs.Port{{Number: 22, Protocol: "tcp"}}},
				Attributes:  []structs.Attribute{{Name: structs.AttributeZone, Value: "a"}},
				VersionInfo: structs.VersionInfo{AgentVersion: "0.1.0", DockerVersion: "20.10.24"},
				Status:      structs.InstanceInactive, Custom: []structs.Attribute{{Name: "rack", Value: "7"}},
				CapacityProvider: "machines", GPUs: []string{"1", "0"}, Fenced: true,
				Runtime:      structs.RuntimeHealth{Status: structs.HealthImpaired, Reason: "no answer", UpdatedAt: 1, ChangedAt: 2},
				RegisteredAt: 1_700_000_000_126, DeregisteredAt: 1_700_000_000_127,
			},
			Tags: []structs.Tag{{Key: "rack", Value: "7"}},
		},
		"set_agent_connected": structs.SetAgentConnected{
			Instances: []string{"0123456789abcdef0123456789abcdef"}, Connected: true, At: 1_700_000_000_142,
		},
		"create_job": structs.CreateJob{
			Job: structs.Job{
				ID: "1123456789abcdef0123456789abcdef", Cluster: "prod", Type: structs.JobBatch, TaskDefinition: "web:1", Count: 3,
				Instances: []string{"0123456789abcdef0123456789abcdef"}, Group: "family:web", StartedBy: "me", LaunchType: "EC2",
				Overrides: &structs.TaskOverride{ContainerOverrides: []structs.ContainerOverride{
					{Name: "app", Command: []string{}, Cpu: new(int32(0))},
				}},
				PlacementConstraints: []structs.PlacementConstraint{{Type: "distinctInstance"}},
				PlacementStrategy:    []structs.PlacementStrategy{{Type: "spread", Field: "instanceId"}},
				EnableExecuteCommand: true, Tags: []structs.Tag{{Key: "a", Value: "b"}},
				ClientToken: "token", RequestHash: "hash", CreatedAt: 1_700_000_000_127,
			},
			Evaluation: structs.Evaluation{
				ID: "2123456789abcdef0123456789abcdef", Cluster: "prod", Job: "1123456789abcdef0123456789abcdef",
				Because: structs.BecauseJobRegistered, Status: structs.EvaluationReady, CreatedAt: 1_700_000_000_127,
			},
		},
		"apply_plan": structs.ApplyPlan{Plan: structs.Plan{
			Evaluation: "2123456789abcdef0123456789abcdef", Job: "1123456789abcdef0123456789abcdef",
			Placements: []structs.Placement{{Task: "t1", Instance: "i1"}, {Task: "t2", Instance: "i2"}, {Task: "t3", Instance: "i1"}},
			Status:     structs.EvaluationDone, Unplaced: 1,
			Failures: []structs.PlacementFailure{{Instance: "i3", Reason: structs.FailMemory, Detail: "needs 384"}},
			At:       1_700_000_000_128,
			Need:     structs.Resources{CPU: 384, Memory: 384, Ports: []structs.Port{{Number: 80, Protocol: "tcp"}}},
		}},
		"apply_plan_minted_ids": planOf("2123456789abcdef0123456789abcdef", "1123456789abcdef0123456789abcdef",
			structs.Placement{Task: "3123456789abcdef0123456789abcdef", Instance: "0123456789abcdef0123456789abcdef"},
			structs.Placement{Task: "4123456789abcdef0123456789abcdef", Instance: "0123456789abcdef0123456789abcdef"}),
		"stop_tasks": structs.StopTasks{
			Tasks: []string{"t1"}, StopCode: structs.StopUserInitiated, Reason: structs.ReasonStoppedByUser, At: 1_700_000_000_129,
		},
		"report_tasks": structs.ReportTasks{
			Instance: "0123456789abcdef0123456789abcdef", At: 1_700_000_000_130,
			Updates: []structs.TaskUpdate{sampleUpdate("t1"), {Task: "t2", Status: structs.TaskPending}},
		},
		"tag":     structs.TagCommand{Resource: "cluster/prod", Tags: []structs.Tag{{Key: "a", Value: "c"}}},
		"untag":   structs.UntagCommand{Resource: "cluster/prod", Keys: []string{"a"}},
		"collect": structs.Collect{Before: 1_700_000_000_131, Limit: 5000},
	})
	return all
}

func sampleDefinition() structs.TaskDefinition {
	return structs.TaskDefinition{
		Family: "web", Cpu: "384", Memory: "384", NetworkMode: "bridge", RegisteredAt: 1_700_000_000_125, RegisteredBy: "me",
		// empty but not nil, and must come back as such
		Volumes:                 []structs.Volume{},
		RequiresCompatibilities: []string{"EC2"},
		ContainerDefinitions: []structs.ContainerDefinition{{
			Name: "app", Image: "hello", Essential: new(true), Command: []string{}, EntryPoint: nil,
			DockerLabels: map[string]string{"z": "1", "a": "2", "m": "3"},
			Environment:  []structs.KeyValuePair{{Name: "A", Value: ""}},
			PortMappings: []structs.PortMapping{{ContainerPort: new(int32(80)), HostPort: new(int32(0)), Protocol: "tcp"}},
			StopTimeout:  new(int32(30)),
		}},
	}
}

func sampleUpdate(task string) structs.TaskUpdate {
	return structs.TaskUpdate{
		Task: task, Status: structs.TaskStopped,
		Containers: []structs.Container{{
			Name: "app", LastStatus: structs.TaskStopped, RuntimeID: "3f0b1c", ImageDigest: "sha256:00", ExitCode: new(int32(0)),
			Reason: "OutOfMemoryError", HealthStatus: "UNKNOWN",
			NetworkBindings: []structs.NetworkBinding{
				{BindIP: "0.0.0.0", ContainerPort: new(int32(80)), HostPort: new(int32(32768)), Protocol: "tcp"},
			},
		}},
		StopCode: structs.StopEssentialContainerExited, StoppedReason: structs.ReasonEssentialContainerExited,
		PullStartedAt: 1, PullStoppedAt: 2, StartedAt: 3, StoppingAt: 4, ExecutionStoppedAt: 5, StoppedAt: 6,
	}
}
