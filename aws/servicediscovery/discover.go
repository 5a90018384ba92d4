package servicediscovery

import (
	"context"
	"maps"
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func (c *call) getInstancesHealthStatus(ctx context.Context, in *GetInstancesHealthStatusRequest) (*GetInstancesHealthStatusResponse, error) {
	s, list, next, err := c.page(ctx, "GetInstancesHealthStatus", in.ServiceId, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &GetInstancesHealthStatusResponse{NextToken: next, Status: map[string]string{}}
	for _, i := range list {
		if len(in.Instances) == 0 || slices.Contains(in.Instances, i.ID) {
			out.Status[i.ID] = i.health(s)
		}
	}
	return out, nil
}

func (c *call) updateHealth(ctx context.Context, in *UpdateInstanceCustomHealthStatusRequest) (*struct{}, error) {
	i, s, err := c.instance(ctx, in.ServiceId, in.InstanceId)
	switch {
	case err != nil:
		return nil, err
	case !s.CustomHealth:
		return nil, refusal(codeNoCustomHealth, "The service has no HealthCheckCustomConfig.")
	case i.task:
		return nil, invalid("InstanceId: %s is a task of an ECS service; the health checks of its containers say how it is", i.ID)
	}
	return &struct{}{}, c.control.SetDiscoveryHealth(ctx, s.ID, i.ID, in.Status == structs.Unhealthy)
}

// found returns the service that a name stands for.
func (c *call) found(ctx context.Context, namespace, service string) (*state.Snapshot, *structs.Namespace, *structs.DiscoveryService, error) {
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	n := v.NamespaceNamed(namespace)
	if n == nil {
		return nil, nil, nil, structs.ErrNamespaceNotFound()
	}
	s := v.DiscoveryServiceNamed(n.ID, service)
	if s == nil {
		return nil, nil, nil, structs.ErrDiscoveryServiceNotFound()
	}
	return v, n, s, nil
}

// mostDiscovered and discovered are how many instances DiscoverInstances returns at most, and
// without MaxResults (Cloud Map).
const (
	mostDiscovered = 1000
	discovered     = 100
)

func (c *call) discoverInstances(ctx context.Context, in *DiscoverInstancesRequest) (*DiscoverInstancesResponse, error) {
	v, n, s, err := c.found(ctx, in.NamespaceName, in.ServiceName)
	if err != nil {
		return nil, err
	}
	most := discovered
	if in.MaxResults != nil {
		if most = int(*in.MaxResults); most < 1 || most > mostDiscovered {
			return nil, invalid("MaxResults: %d is out of range; it must be between 1 and %d", most, mostDiscovered)
		}
	}
	all := slices.DeleteFunc(c.instances(v, s), func(i instance) bool { return !has(i, in.QueryParameters) })
	if better := slices.DeleteFunc(slices.Clone(all), func(i instance) bool { return !has(i, in.OptionalParameters) }); len(better) > 0 {
		all = better
	}
	all = ofHealth(all, in.HealthStatus)
	out := &DiscoverInstancesResponse{InstancesRevision: new(int64(v.Index()))}
	for _, i := range all[:min(most, len(all))] {
		out.Instances = append(out.Instances, HttpInstanceSummary{
			InstanceId: i.ID, NamespaceName: n.Name, ServiceName: s.Name, HealthStatus: i.health(s), Attributes: attributes(i.Attributes),
		})
	}
	return out, nil
}

// has reports whether an instance has all these attributes.
func has(i instance, wanted map[string]string) bool {
	is := attributes(i.Attributes)
	for key := range maps.Keys(wanted) {
		if value, ok := is[key]; !ok || value != wanted[key] {
			return false
		}
	}
	return true
}

// ofHealth returns the instances that a HealthStatus of DiscoverInstances asks for. One whose
// health is not known counts as healthy.
func ofHealth(all []instance, wanted string) []instance {
	healthy := slices.DeleteFunc(slices.Clone(all), func(i instance) bool { return i.Unhealthy })
	switch wanted {
	case "ALL":
		return all
	case "UNHEALTHY":
		return slices.DeleteFunc(all, func(i instance) bool { return !i.Unhealthy })
	case "HEALTHY_OR_ELSE_ALL":
		if len(healthy) == 0 {
			return all
		}
	}
	return healthy
}

// discoverInstancesRevision answers with the index of state: it grows with every change of the
// instances, and of other things.
func (c *call) discoverInstancesRevision(ctx context.Context, in *DiscoverInstancesRevisionRequest) (*DiscoverInstancesRevisionResponse, error) {
	v, _, _, err := c.found(ctx, in.NamespaceName, in.ServiceName)
	if err != nil {
		return nil, err
	}
	return &DiscoverInstancesRevisionResponse{InstancesRevision: new(int64(v.Index()))}, nil
}
