package servicediscovery

import (
	"cmp"
	"context"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

const (
	typeHTTP    = "HTTP"
	typeDNSHTTP = "DNS_HTTP"
	multivalue  = "MULTIVALUE"
	weighted    = "WEIGHTED"

	longestName = 127 // of a service
)

func (c *call) createService(ctx context.Context, in *CreateServiceRequest) (*CreateServiceResponse, error) {
	if in.HealthCheckConfig != nil {
		return nil, invalid("HealthCheckConfig: health checks of Route 53 are for public namespaces; use HealthCheckCustomConfig")
	}
	if len(in.Name) > longestName {
		return nil, invalid("Name: '%s' has %d characters; it can have at most %d", in.Name, len(in.Name), longestName)
	}
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	id := in.NamespaceId
	if in.DnsConfig != nil {
		id = cmp.Or(id, in.DnsConfig.NamespaceId)
	}
	if id == "" {
		return nil, invalid("NamespaceId is required")
	}
	n, err := c.namespace(v, "NamespaceId", id)
	if err != nil {
		return nil, err
	}
	s := structs.DiscoveryService{
		Namespace: n.ID, Name: in.Name, Description: in.Description, CustomHealth: in.HealthCheckCustomConfig != nil, Token: in.CreatorRequestId,
	}
	if in.DnsConfig != nil {
		if n.Type == structs.NamespaceHTTP || in.Type == typeHTTP {
			return nil, invalid("DnsConfig: the namespace or service is of type HTTP, which has no DNS records")
		}
		s.Routing = cmp.Or(in.DnsConfig.RoutingPolicy, multivalue)
		if s.Records, err = records(in.DnsConfig.DnsRecords, s.Routing); err != nil {
			return nil, err
		}
	} else if n.Type != structs.NamespaceHTTP && in.Type != typeHTTP {
		return nil, invalid("DnsConfig is required for a service of a DNS namespace, or Type HTTP")
	}
	if s.ID, err = c.control.CreateDiscoveryService(ctx, s, tags); err != nil {
		return nil, err
	}
	shown, err := c.showService(ctx, s.ID)
	return &CreateServiceResponse{Service: shown}, err
}

// records checks the DNS records of a service.
func records(given []DnsRecord, routing string) (list []structs.DiscoveryRecord, err error) {
	seen := map[string]bool{}
	for _, r := range given {
		if seen[r.Type] {
			return nil, invalid("DnsRecords: type %s is given twice", r.Type)
		}
		seen[r.Type] = true
		list = append(list, structs.DiscoveryRecord{Type: r.Type, TTL: deref(r.TTL)})
	}
	switch {
	case len(list) == 0:
		return nil, invalid("DnsRecords is required")
	case seen[structs.RecordCNAME] && len(seen) > 1:
		return nil, invalid("DnsRecords: a service with a CNAME record can have no other")
	case seen[structs.RecordCNAME] && routing != weighted:
		return nil, invalid("RoutingPolicy: a CNAME record needs WEIGHTED")
	}
	return list, nil
}

// showService returns a service as GetService shows it.
func (c *call) showService(ctx context.Context, id string) (*Service, error) {
	v, s, err := c.service(ctx, "Id", id)
	if err != nil {
		return nil, err
	}
	instances := int32(len(c.instances(v, s)))
	out := &Service{
		Arn: c.arns.Of(structs.DiscoveryServiceKey(s.ID)), CreateDate: s.CreatedAt, CreatedByAccount: c.arns.Account, CreatorRequestId: s.Token,
		Description: s.Description, Id: s.ID, InstanceCount: &instances, Name: s.Name, NamespaceId: s.Namespace, ResourceOwner: c.arns.Account,
		Type: typeHTTP,
	}
	if len(s.Records) > 0 {
		out.Type, out.DnsConfig = typeDNSHTTP, &DnsConfig{NamespaceId: s.Namespace, RoutingPolicy: s.Routing}
		for _, r := range s.Records {
			out.DnsConfig.DnsRecords = append(out.DnsConfig.DnsRecords, DnsRecord{Type: r.Type, TTL: &r.TTL})
		}
	}
	if s.CustomHealth {
		out.HealthCheckCustomConfig = &HealthCheckCustomConfig{FailureThreshold: new(int32(1))}
	}
	return out, nil
}

func (c *call) getService(ctx context.Context, in *GetServiceRequest) (*GetServiceResponse, error) {
	s, err := c.showService(ctx, in.Id)
	return &GetServiceResponse{Service: s}, err
}

func (c *call) listServices(ctx context.Context, in *ListServicesRequest) (*ListServicesResponse, error) {
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	rows := func(yield func(string, *structs.DiscoveryService) bool) {
		for s := range v.DiscoveryServices() {
			fields := map[string]string{"NAMESPACE_ID": s.Namespace, "RESOURCE_OWNER": "SELF"}
			if c.matches(fields, serviceFilters(in.Filters)) && !yield(s.ID, s) {
				return
			}
		}
	}
	page, next, err := protocol.Listing[*structs.DiscoveryService]{Operation: "ListServices", Rows: rows, MaxResults: in.MaxResults, Token: in.NextToken}.Page()
	if err != nil {
		return nil, err
	}
	out := &ListServicesResponse{NextToken: next}
	for _, row := range page {
		s, err := c.showService(ctx, row.ID)
		if err != nil {
			return nil, err
		}
		out.Services = append(out.Services, ServiceSummary{
			Arn: s.Arn, CreateDate: s.CreateDate, CreatedByAccount: s.CreatedByAccount, Description: s.Description, DnsConfig: s.DnsConfig,
			HealthCheckCustomConfig: s.HealthCheckCustomConfig, Id: s.Id, InstanceCount: s.InstanceCount, Name: s.Name,
			ResourceOwner: s.ResourceOwner, Type: s.Type,
		})
	}
	return out, nil
}

func serviceFilters(filters []ServiceFilter) (out []NamespaceFilter) {
	for _, f := range filters {
		out = append(out, NamespaceFilter(f))
	}
	return out
}

// updateService replaces what the request has. Records that it leaves out are removed (Cloud Map).
func (c *call) updateService(ctx context.Context, in *UpdateServiceRequest) (*UpdateServiceResponse, error) {
	_, s, err := c.service(ctx, "Id", in.Id)
	if err != nil {
		return nil, err
	}
	if in.Service.HealthCheckConfig != nil {
		return nil, invalid("Service.HealthCheckConfig: health checks of Route 53 are for public namespaces; leave it out")
	}
	changed := *s
	changed.Description = in.Service.Description
	switch {
	case in.Service.DnsConfig != nil && len(s.Records) == 0:
		return nil, invalid("Service.DnsConfig: the service has no DNS records, and cannot get any; create another")
	case in.Service.DnsConfig != nil:
		if changed.Records, err = records(in.Service.DnsConfig.DnsRecords, s.Routing); err != nil {
			return nil, err
		}
	}
	err = c.control.UpdateDiscoveryService(ctx, changed)
	return &UpdateServiceResponse{OperationId: operation{kind: updateService, id: s.ID, at: c.control.Now()}.String()}, err
}

func (c *call) deleteService(ctx context.Context, in *DeleteServiceRequest) (*DeleteServiceResponse, error) {
	_, s, err := c.service(ctx, "Id", in.Id)
	if err != nil {
		return nil, err
	}
	return &DeleteServiceResponse{}, c.control.DeleteDiscoveryService(ctx, s.ID)
}
