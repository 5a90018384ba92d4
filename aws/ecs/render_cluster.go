package ecs

import (
	"strconv"

	"github.com/gantry-project/gantry/structs"
)

// cluster shows a cluster, with counts made from its instances.
func (c *call) cluster(v view, cluster *structs.Cluster, include includes) Cluster {
	var instances, running, pending int
	for i := range v.Instances(cluster.Name) {
		usage := v.Usage(i.ID)
		running += usage.Running
		pending += usage.Pending
		if i.Status != structs.InstanceInactive {
			instances++
		}
	}
	services := map[string]int{} // by status
	for s := range v.Services(cluster.Name) {
		services[s.Status]++
	}
	out := Cluster{
		ClusterArn:                        c.arns.cluster(cluster.Name),
		ClusterName:                       cluster.Name,
		Status:                            cluster.Status,
		RegisteredContainerInstancesCount: int32(instances),
		RunningTasksCount:                 int32(running),
		PendingTasksCount:                 int32(pending),
		ActiveServicesCount:               int32(services[structs.ServiceActive]),
		CapacityProviders:                 orEmpty(cluster.CapacityProviders),
		DefaultCapacityProviderStrategy:   orEmpty(cluster.DefaultCapacityStrategy),
		ServiceConnectDefaults:            cluster.ServiceConnectDefaults,
		Settings:                          []structs.ClusterSetting{},
		Statistics:                        []structs.KeyValuePair{},
		Tags:                              include.tags(v, structs.ClusterKey(cluster.Name)),
	}
	if include.has(clusterSettings) {
		out.Settings = settings(cluster)
	}
	if include.has(clusterConfigurations) {
		out.Configuration = cluster.Configuration
	}
	if include.has(clusterStatistics) {
		out.Statistics = statistics(running, pending, services)
	}
	return out
}

// settings returns the cluster's own settings, with ECS's default for the one that every cluster
// has.
func settings(cluster *structs.Cluster) []structs.ClusterSetting {
	const insights = "containerInsights"
	for _, s := range cluster.Settings {
		if s.Name == insights {
			return cluster.Settings
		}
	}
	return append([]structs.ClusterSetting{{Name: insights, Value: "disabled"}}, cluster.Settings...)
}

// statistics counts tasks and services by launch type. All tasks here have EC2's.
func statistics(running, pending int, services map[string]int) []structs.KeyValuePair {
	counts := []struct {
		name  string
		value int
	}{
		{"runningEC2TasksCount", running},
		{"runningFargateTasksCount", 0},
		{"runningExternalTasksCount", 0},
		{"pendingEC2TasksCount", pending},
		{"pendingFargateTasksCount", 0},
		{"pendingExternalTasksCount", 0},
		{"activeEC2ServiceCount", services[structs.ServiceActive]},
		{"activeFargateServiceCount", 0},
		{"activeExternalServiceCount", 0},
		{"drainingEC2ServiceCount", services[structs.ServiceDraining]},
		{"drainingFargateServiceCount", 0},
		{"drainingExternalServiceCount", 0},
	}
	out := make([]structs.KeyValuePair, len(counts))
	for i, c := range counts {
		out[i] = structs.KeyValuePair{Name: c.name, Value: strconv.Itoa(c.value)}
	}
	return out
}
