package servicediscovery

import (
	"cmp"
	"context"
	"maps"
	"net/netip"
	"slices"
	"strconv"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/endpoints"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// instance is an instance of a service: a task, or one that a user registered.
type instance struct {
	structs.DiscoveryInstance
	task bool
}

// instances returns the instances of a service in the order of their ids.
func (c *call) instances(v *state.Snapshot, s *structs.DiscoveryService) (list []instance) {
	for i := range v.DiscoveryInstances(s.ID) {
		list = append(list, instance{DiscoveryInstance: *i})
	}
	for cluster := range v.Clusters() {
		for job := range v.Services(cluster.Name) {
			if job.Status != structs.ServiceActive {
				continue
			}
			for _, i := range endpoints.Registered(v, job, s, 0) {
				i.Attributes = append(i.Attributes, structs.Tag{Key: "REGION", Value: c.arns.Region})
				list = append(list, instance{i, true})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b instance) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// health returns the health of an instance, in Cloud Map's words. It is unknown if nobody says.
func (i *instance) health(s *structs.DiscoveryService) string {
	switch {
	case i.Unhealthy:
		return structs.Unhealthy
	case i.task || s.CustomHealth:
		return structs.Healthy
	}
	return structs.HealthUnknown
}

func attributes(list []structs.Tag) map[string]string {
	out := map[string]string{}
	for _, a := range list {
		out[a.Key] = a.Value
	}
	return out
}

func (c *call) registerInstance(ctx context.Context, in *RegisterInstanceRequest) (*RegisterInstanceResponse, error) {
	_, s, err := c.service(ctx, "ServiceId", in.ServiceId)
	if err != nil {
		return nil, err
	}
	if err := checkAttributes(s, in.Attributes); err != nil {
		return nil, err
	}
	i := structs.DiscoveryInstance{Service: s.ID, ID: in.InstanceId, Token: in.CreatorRequestId}
	for _, key := range slices.Sorted(maps.Keys(in.Attributes)) {
		i.Attributes = append(i.Attributes, structs.Tag{Key: key, Value: in.Attributes[key]})
	}
	i.Unhealthy = i.Attribute("AWS_INIT_HEALTH_STATUS") == structs.Unhealthy
	err = c.control.RegisterDiscoveryInstance(ctx, i)
	return &RegisterInstanceResponse{OperationId: operation{kind: registerInstance, id: i.ID, at: c.control.Now()}.String()}, err
}

// checkAttributes refuses what the service's DNS records cannot be made of.
func checkAttributes(s *structs.DiscoveryService, given map[string]string) error {
	for _, name := range []string{"AWS_ALIAS_DNS_NAME", "AWS_EC2_INSTANCE_ID"} {
		if given[name] != "" {
			return invalid("Attributes: %s is not resolved here; use %s", name, structs.AttributeIPv4)
		}
	}
	if status := given["AWS_INIT_HEALTH_STATUS"]; status != "" && (!s.CustomHealth || status != structs.Healthy && status != structs.Unhealthy) {
		return invalid("Attributes: AWS_INIT_HEALTH_STATUS is HEALTHY or UNHEALTHY, for a service with HealthCheckCustomConfig")
	}
	for record, attribute := range map[string]string{structs.RecordA: structs.AttributeIPv4, structs.RecordAAAA: structs.AttributeIPv6} {
		a, err := netip.ParseAddr(given[attribute])
		if given[attribute] != "" && (err != nil || a.Is4() != (record == structs.RecordA)) {
			return invalid("Attributes: %s: '%s' is not such an address", attribute, given[attribute])
		}
		if s.HasRecord(record) && given[attribute] == "" {
			return invalid("Attributes: the service has records of type %s, so %s is required", record, attribute)
		}
	}
	port := given[structs.AttributePort]
	if n, err := strconv.Atoi(port); port != "" && (err != nil || n < 1 || n > 65535) {
		return invalid("Attributes: %s: '%s' is not a port, 1 to 65535", structs.AttributePort, port)
	}
	switch {
	case s.HasRecord(structs.RecordSRV) && port == "":
		return invalid("Attributes: the service has records of type SRV, so %s is required", structs.AttributePort)
	case s.HasRecord(structs.RecordSRV) && given[structs.AttributeIPv4] == "" && given[structs.AttributeIPv6] == "":
		return invalid("Attributes: the service has records of type SRV, so %s or %s is required", structs.AttributeIPv4, structs.AttributeIPv6)
	case s.HasRecord(structs.RecordCNAME) && given[structs.AttributeCNAME] == "":
		return invalid("Attributes: the service has records of type CNAME, so %s is required", structs.AttributeCNAME)
	}
	return nil
}

func (c *call) deregisterInstance(ctx context.Context, in *DeregisterInstanceRequest) (*DeregisterInstanceResponse, error) {
	i, _, err := c.instance(ctx, in.ServiceId, in.InstanceId)
	if err != nil {
		return nil, err
	}
	if i.task {
		return nil, structs.Errorf(structs.KindResourceInUse, "Instance %s is a task of an ECS service, and goes when it stops.", i.ID)
	}
	err = c.control.DeregisterDiscoveryInstance(ctx, i.Service, i.ID)
	return &DeregisterInstanceResponse{OperationId: operation{kind: deregisterInstance, id: i.ID, at: c.control.Now()}.String()}, err
}

// instance returns an instance by its id, with its service.
func (c *call) instance(ctx context.Context, service, id string) (*instance, *structs.DiscoveryService, error) {
	v, s, err := c.service(ctx, "ServiceId", service)
	if err != nil {
		return nil, nil, err
	}
	for _, i := range c.instances(v, s) {
		if i.ID == id {
			return &i, s, nil
		}
	}
	return nil, nil, structs.ErrDiscoveryInstanceNotFound()
}

func (c *call) getInstance(ctx context.Context, in *GetInstanceRequest) (*GetInstanceResponse, error) {
	i, _, err := c.instance(ctx, in.ServiceId, in.InstanceId)
	if err != nil {
		return nil, err
	}
	return &GetInstanceResponse{ResourceOwner: c.arns.Account, Instance: &Instance{
		Id: i.ID, Attributes: attributes(i.Attributes), CreatorRequestId: i.Token, CreatedByAccount: c.arns.Account,
	}}, nil
}

// page returns a page of a service's instances.
func (c *call) page(ctx context.Context, operation, service string, most *int32, token string) (*structs.DiscoveryService, []instance, string, error) {
	v, s, err := c.service(ctx, "ServiceId", service)
	if err != nil {
		return nil, nil, "", err
	}
	rows := func(yield func(string, instance) bool) {
		for _, i := range c.instances(v, s) {
			if !yield(i.ID, i) {
				return
			}
		}
	}
	list, next, err := protocol.Listing[instance]{Operation: operation, Rows: rows, MaxResults: most, Token: token}.Page()
	return s, list, next, err
}

func (c *call) listInstances(ctx context.Context, in *ListInstancesRequest) (*ListInstancesResponse, error) {
	_, list, next, err := c.page(ctx, "ListInstances", in.ServiceId, in.MaxResults, in.NextToken)
	out := &ListInstancesResponse{NextToken: next, ResourceOwner: c.arns.Account}
	for _, i := range list {
		out.Instances = append(out.Instances, InstanceSummary{Id: i.ID, Attributes: attributes(i.Attributes), CreatedByAccount: c.arns.Account})
	}
	return out, err
}
