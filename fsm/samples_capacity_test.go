package fsm

import "github.com/gantry-project/gantry/structs"

// capacitySamples are the samples about capacity providers.
func capacitySamples() map[string]structs.Command {
	group := structs.AutoScalingGroupProvider{AutoScalingGroupArn: "group", ManagedDraining: structs.SwitchDisabled}
	group.Normalize()
	strategy := []structs.CapacityProviderStrategyItem{{CapacityProvider: "machines", Base: 1, Weight: 2}}
	return map[string]structs.Command{
		"put_capacity_provider": structs.PutCapacityProvider{
			Provider: structs.CapacityProvider{
				Name: "machines", Type: structs.ProviderAutoScaling, Status: structs.ProviderActive, AutoScalingGroup: &group,
				UpdateStatus: structs.ProviderCreateComplete, CreatedAt: 1_700_000_000_160, DeletedAt: 1_700_000_000_161,
			},
			Create: true, Tags: []structs.Tag{{Key: "a", Value: "b"}},
		},
		"apply_plan_providers": planOf("2123456789abcdef0123456789abcdef", "1123456789abcdef0123456789abcdef",
			structs.Placement{Task: "3123456789abcdef0123456789abcdef", Instance: "0123456789abcdef0123456789abcdef", Provider: "FARGATE"},
			structs.Placement{Task: "4123456789abcdef0123456789abcdef", Instance: "0123456789abcdef0123456789abcdef", Provider: "FARGATE_SPOT"},
			structs.Placement{Task: "5123456789abcdef0123456789abcdef", Instance: "0123456789abcdef0123456789abcdef", Provider: "FARGATE"}),
		"apply_plan_gpus": structs.ApplyPlan{Plan: structs.Plan{
			Evaluation: "2123456789abcdef0123456789abcdef", Job: "1123456789abcdef0123456789abcdef", Status: structs.EvaluationBlocked, At: 2,
			Need:  structs.Resources{CPU: 1, Memory: 2, GPUs: 3},
			Queue: &structs.QueuePlace{Ask: "a", Priority: 50, CPU: 1, Memory: 2, GPUs: 3},
		}},
		"delete_capacity_provider": structs.DeleteCapacityProvider{Provider: "machines", At: 1_700_000_000_162},
		"update_cluster": structs.UpdateCluster{
			Cluster: "prod", Providers: &structs.ClusterProviders{Providers: []string{"machines", "FARGATE"}, DefaultStrategy: strategy},
			Settings:      []structs.ClusterSetting{{Name: "containerInsights", Value: "enabled"}},
			Configuration: &structs.ClusterConfiguration{ExecuteCommandConfiguration: &structs.ExecuteCommandConfiguration{Logging: "NONE"}},
		},
		"update_cluster_connect": structs.UpdateCluster{
			Cluster: "prod", ServiceConnectDefaults: &structs.ClusterServiceConnectDefaults{Namespace: "internal"},
		},
	}
}

// putProvider is the command that creates a capacity provider.
func putProvider(name string) structs.PutCapacityProvider {
	return structs.PutCapacityProvider{Create: true, Provider: structs.CapacityProvider{
		Name: name, Type: structs.ProviderAutoScaling, CreatedAt: 3, UpdateStatus: structs.ProviderCreateComplete,
		AutoScalingGroup: &structs.AutoScalingGroupProvider{AutoScalingGroupArn: "group-" + name},
	}, Tags: []structs.Tag{{Key: "a", Value: "b"}}}
}

// withProviders is the command that gives a cluster capacity providers.
func withProviders(cluster string, providers ...string) structs.UpdateCluster {
	return structs.UpdateCluster{Cluster: cluster, Providers: &structs.ClusterProviders{Providers: providers}}
}
