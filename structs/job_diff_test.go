package structs

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiffDefinitions(t *testing.T) {
	from := &TaskDefinition{
		Family: "a", Revision: 3, Status: DefinitionInactive, RegisteredAt: 9, Compatibilities: []string{"EC2"}, Cpu: "128",
		ContainerDefinitions: []ContainerDefinition{
			{Name: "x", Command: []string{"a", "b"}, Environment: []KeyValuePair{{Name: "A", Value: "1"}, {Name: "B", Value: "2"}}},
			{Name: "y", PortMappings: []PortMapping{{ContainerPort: new(int32(80))}}},
		},
		Volumes: []Volume{{Name: "left"}},
	}
	to := &TaskDefinition{
		Family: "b", Memory: "64",
		ContainerDefinitions: []ContainerDefinition{
			{Name: "y", PortMappings: []PortMapping{{ContainerPort: new(int32(81))}}},
			{Name: "x", Command: []string{"a"}, Environment: []KeyValuePair{{Name: "B", Value: "3"}, {Name: "A", Value: "1"}}},
		},
	}
	want := []FieldChange{
		{Field: "containers[x].command[1]", From: `"b"`},
		{Field: "containers[x].environment[B].value", From: `"2"`, To: `"3"`},
		{Field: "containers[y].portMappings[0].containerPort", From: "80", To: "81"},
		{Field: "cpu", From: `"128"`},
		{Field: "memory", To: `"64"`},
		{Field: "volumes[left].name", From: `"left"`},
	}
	if diff := cmp.Diff(want, DiffDefinitions(from, to)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	from.Family, from.Revision, from.Status = "other", 1, DefinitionActive
	if got := DiffDefinitions(from, from); got != nil {
		t.Errorf("no difference is %v", got)
	}
}

// A spec shows everything that it sets on a job; otherwise changes of a field would be missed.
func TestSpecOfIsTheReverse(t *testing.T) {
	for _, jobType := range []string{JobService, JobDaemon, JobBatch} {
		t.Run(jobType, func(t *testing.T) { reverse(t, NewJobSpec(jobType)) })
	}
}

func reverse(t *testing.T, spec *JobSpec) {
	t.Helper()
	fill(t, spec)
	job := &Job{Name: spec.Name, Cluster: spec.Cluster, Type: spec.Type}
	switch spec.Type {
	case JobBatch: // fields that only services have; daemons have no count
		spec.Health, spec.Rebalancing, spec.PropagateTags, spec.Expose, spec.LoadBalancers = HealthSpec{}, "", "", nil, nil
	default:
		job.Service, spec.Attempts, spec.Parallelism, spec.OnInstanceLost = &ServiceSpec{}, 0, 0, ""
	}
	if spec.Type == JobDaemon {
		spec.Count = nil
	}
	spec.ApplyTo(job)
	definition := &TaskDefinition{
		ContainerDefinitions: spec.Containers, Cpu: spec.Cpu, Memory: spec.Memory, NetworkMode: spec.NetworkMode, PidMode: spec.PidMode,
		IpcMode: spec.IpcMode, Volumes: spec.Volumes, RuntimePlatform: spec.RuntimePlatform, TaskRoleArn: spec.TaskRoleArn,
		ExecutionRoleArn: spec.ExecutionRoleArn,
	}
	if diff := cmp.Diff(spec, SpecOf(job, definition, spec.Tags)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// fill sets every field of a spec to something.
func fill(t *testing.T, spec *JobSpec) {
	t.Helper()
	v := reflect.ValueOf(spec).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		switch f.Interface().(type) {
		case string:
			if f.IsZero() {
				f.SetString(v.Type().Field(i).Name)
			}
		case []ContainerDefinition:
			f.Set(reflect.ValueOf([]ContainerDefinition{{Name: "c"}}))
		case []Volume:
			f.Set(reflect.ValueOf([]Volume{{Name: "v"}}))
		case []CapacityProviderStrategyItem:
			f.Set(reflect.ValueOf([]CapacityProviderStrategyItem{{CapacityProvider: "p", Weight: 1}}))
		case []Tag:
			f.Set(reflect.ValueOf([]Tag{{Key: "k"}}))
		case int:
			f.SetInt(7)
		case bool:
			f.SetBool(true)
		case *int:
			f.Set(reflect.ValueOf(new(7)))
		case *RuntimePlatform:
			f.Set(reflect.ValueOf(&RuntimePlatform{CpuArchitecture: "ARM64"}))
		case PlacementSpec:
			f.Set(reflect.ValueOf(PlacementSpec{Constraints: []PlacementConstraint{{Type: "x"}}, Strategy: []PlacementStrategy{{Type: "y"}}}))
		case *AwsVpcConfiguration:
			f.Set(reflect.ValueOf((&AwsVpcConfiguration{Subnets: []string{"s"}, SecurityGroups: []string{"g"}}).Normalize()))
		case []ServiceLoadBalancer:
			f.Set(reflect.ValueOf([]ServiceLoadBalancer{{TargetGroup: "web", Container: "c", ContainerPort: 80}}))
		case HealthSpec:
			f.Set(reflect.ValueOf(HealthSpec{GracePeriod: 3}))
		case *Expose:
			f.Set(reflect.ValueOf(&Expose{Port: 80, Hosts: []string{"h"}}))
		case *UpdatePolicy: // has its defaults
		default:
			t.Fatalf("field %s has a type that this test does not know", v.Type().Field(i).Name)
		}
	}
}
