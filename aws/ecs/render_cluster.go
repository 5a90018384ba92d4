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
	active := 0
	for s := range v.Services(cluster.Name) {
		if s.Status == structs.ServiceActive {
			active++
		}
	}
	out := Cluster{
		ClusterArn:                        c.arns.cluster(cluster.Name),
		ClusterName:                       cluster.Name,
		Status:                            cluster.Status,
		RegisteredContainerInstancesCount: int32(instances),
		RunningTasksCount:                 int32(running),
		PendingTasksCount:                 int32(pending),
		ActiveServicesCount:               int32(active),
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
		out.Statistics = statistics(v, cluster.Name, running, pending)
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

// statistics counts the tasks and services of a cluster by launch type (ECS). The tasks of EC2 are
// those of running and pending that are left.
func statistics(v view, cluster string, running, pending int) []structs.KeyValuePair {
	type counts struct{ running, pending, active, draining int }
	by := map[string]*counts{structs.LaunchEC2: {running: running, pending: pending}, structs.LaunchFargate: {}, structs.LaunchExternal: {}}
	for t := range v.Tasks(cluster) {
		if t.Instance == "" || !t.Holds() {
			continue
		}
		switch of, ec2 := by[launchTypeOf(v.JobOf(t), t)], by[structs.LaunchEC2]; {
		case of == ec2:
		case t.LastStatus == structs.TaskRunning:
			of.running, ec2.running = of.running+1, ec2.running-1
		case t.LastStatus < structs.TaskRunning:
			of.pending, ec2.pending = of.pending+1, ec2.pending-1
		}
	}
	for s := range v.Services(cluster) {
		switch of := by[s.Launch()]; s.Status {
		case structs.ServiceActive:
			of.active++
		case structs.ServiceDraining:
			of.draining++
		}
	}
	var out []structs.KeyValuePair
	for _, count := range []struct {
		prefix, suffix string
		of             func(*counts) int
	}{
		{"running", "TasksCount", func(c *counts) int { return c.running }},
		{"pending", "TasksCount", func(c *counts) int { return c.pending }},
		{"active", "ServiceCount", func(c *counts) int { return c.active }},
		{"draining", "ServiceCount", func(c *counts) int { return c.draining }},
	} {
		for _, launch := range []struct{ shown, launchType string }{
			{"EC2", structs.LaunchEC2}, {"Fargate", structs.LaunchFargate}, {"External", structs.LaunchExternal},
		} {
			out = append(out, structs.KeyValuePair{Name: count.prefix + launch.shown + count.suffix, Value: strconv.Itoa(count.of(by[launch.launchType]))})
		}
	}
	return out
}
