package servicediscovery

import (
	"context"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func (c *call) createPrivateDNSNamespace(ctx context.Context, in *CreatePrivateDnsNamespaceRequest) (*CreatePrivateDnsNamespaceResponse, error) {
	n := structs.Namespace{
		Name: in.Name, Type: structs.NamespacePrivate, Description: in.Description, VPC: in.Vpc, Token: in.CreatorRequestId,
	}
	if p := in.Properties; p != nil && p.DnsProperties != nil && p.DnsProperties.SOA != nil {
		n.SOATTL = deref(p.DnsProperties.SOA.TTL)
	}
	id, err := c.createNamespace(ctx, n, in.Tags)
	return &CreatePrivateDnsNamespaceResponse{OperationId: id}, err
}

func (c *call) createPublicDNSNamespace(context.Context, *CreatePublicDnsNamespaceRequest) (*CreatePublicDnsNamespaceResponse, error) {
	return nil, invalid("CreatePublicDnsNamespace: names that the whole internet resolves are not kept here; use CreatePrivateDnsNamespace")
}

func (c *call) createHTTPNamespace(ctx context.Context, in *CreateHttpNamespaceRequest) (*CreateHttpNamespaceResponse, error) {
	id, err := c.createNamespace(ctx, structs.Namespace{
		Name: in.Name, Type: structs.NamespaceHTTP, Description: in.Description, Token: in.CreatorRequestId,
	}, in.Tags)
	return &CreateHttpNamespaceResponse{OperationId: id}, err
}

// createNamespace returns the id of the operation.
func (c *call) createNamespace(ctx context.Context, n structs.Namespace, tags []Tag) (string, error) {
	list, err := tagsOf(tags)
	if err != nil {
		return "", err
	}
	id, err := c.control.CreateNamespace(ctx, n, list)
	return operation{kind: createNamespace, id: id, at: c.control.Now()}.String(), err
}

func (c *call) getNamespace(ctx context.Context, in *GetNamespaceRequest) (*GetNamespaceResponse, error) {
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	n, err := c.namespace(v, "Id", in.Id)
	if err != nil {
		return nil, err
	}
	return &GetNamespaceResponse{Namespace: &Namespace{
		Arn: c.arns.Of(structs.NamespaceKey(n.ID)), CreateDate: n.CreatedAt, CreatorRequestId: n.Token, Description: n.Description,
		Id: n.ID, Name: n.Name, Properties: properties(n), ResourceOwner: c.arns.Account, ServiceCount: count(v, n), Type: n.Type,
	}}, nil
}

// properties shows a namespace's properties. A private one has no hosted zone of Route 53; clients
// want some id.
func properties(n *structs.Namespace) *NamespaceProperties {
	p := &NamespaceProperties{HttpProperties: &HttpProperties{HttpName: n.Name}}
	if n.Type == structs.NamespacePrivate {
		p.DnsProperties = &DnsProperties{HostedZoneId: "Z" + strings.ToUpper(strings.TrimPrefix(n.ID, "ns-")), SOA: &SOA{}}
		if n.SOATTL > 0 {
			p.DnsProperties.SOA.TTL = &n.SOATTL
		}
	}
	return p
}

func count(v *state.Snapshot, n *structs.Namespace) *int32 {
	services := int32(0)
	for range v.NamespaceServices(n.ID) {
		services++
	}
	return &services
}

func (c *call) listNamespaces(ctx context.Context, in *ListNamespacesRequest) (*ListNamespacesResponse, error) {
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	rows := func(yield func(string, *structs.Namespace) bool) {
		for n := range v.Namespaces() {
			fields := map[string]string{"TYPE": n.Type, "NAME": n.Name, "HTTP_NAME": n.Name, "RESOURCE_OWNER": "SELF"}
			if c.matches(fields, in.Filters) && !yield(n.ID, n) {
				return
			}
		}
	}
	page, next, err := protocol.Listing[*structs.Namespace]{Operation: "ListNamespaces", Rows: rows, MaxResults: in.MaxResults, Token: in.NextToken}.Page()
	if err != nil {
		return nil, err
	}
	out := &ListNamespacesResponse{NextToken: next}
	for _, n := range page {
		out.Namespaces = append(out.Namespaces, NamespaceSummary{
			Arn: c.arns.Of(structs.NamespaceKey(n.ID)), CreateDate: n.CreatedAt, Description: n.Description, Id: n.ID, Name: n.Name,
			Properties: properties(n), ResourceOwner: c.arns.Account, ServiceCount: count(v, n), Type: n.Type,
		})
	}
	return out, nil
}

// matches reports whether the fields of a row meet all filters.
func (c *call) matches(fields map[string]string, filters []NamespaceFilter) bool {
	for _, f := range filters {
		value := fields[f.Name]
		ok := slices.Contains(f.Values, value)
		if f.Condition == "BEGINS_WITH" {
			ok = slices.ContainsFunc(f.Values, func(prefix string) bool { return strings.HasPrefix(value, prefix) })
		}
		if !ok {
			return false
		}
	}
	return true
}

func (c *call) deleteNamespace(ctx context.Context, in *DeleteNamespaceRequest) (*DeleteNamespaceResponse, error) {
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	n, err := c.namespace(v, "Id", in.Id)
	if err != nil {
		return nil, err
	}
	err = c.control.DeleteNamespace(ctx, n.ID)
	return &DeleteNamespaceResponse{OperationId: operation{kind: deleteNamespace, id: n.ID, at: c.control.Now()}.String()}, err
}
