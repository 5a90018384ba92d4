package control

import (
	"context"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// discoveryID returns a new id of Cloud Map.
func (c *Control) discoveryID(kind string) string {
	const digits = 16
	return kind + "-" + c.config.NewID()[:digits]
}

// CreateNamespace adds a namespace, with the fields of n but ID and CreatedAt, and returns its id.
// It fails with NamespaceAlreadyExists if the name is taken.
func (c *Control) CreateNamespace(ctx context.Context, n structs.Namespace, tags []structs.Tag) (string, error) {
	if strings.HasPrefix(n.Name, "arn:") {
		return "", structs.Errorf(structs.KindInvalidParameter, "Name: '%s' is an ARN, not a name", n.Name)
	}
	if n.Type == structs.NamespacePrivate {
		n.Name = strings.ToLower(strings.TrimSuffix(n.Name, "."))
		if n.Name == "gantry" || strings.HasSuffix(n.Name, ".gantry") {
			return "", structs.Errorf(structs.KindInvalidParameter, "Name: '%s' is in the zone gantry, which has the cluster's own names; take another", n.Name)
		}
	}
	n.ID, n.CreatedAt = c.discoveryID("ns"), c.Now()
	out, err := c.config.Log.Apply(ctx, structs.PutNamespace{Namespace: n, Tags: tags})
	return out.Key, err
}

// DeleteNamespace removes a namespace without services.
func (c *Control) DeleteNamespace(ctx context.Context, id string) error {
	_, err := c.config.Log.Apply(ctx, structs.DeleteNamespace{ID: id})
	return err
}

// CreateDiscoveryService adds a service to a namespace, with the fields of s but ID and CreatedAt,
// and returns its id.
func (c *Control) CreateDiscoveryService(ctx context.Context, s structs.DiscoveryService, tags []structs.Tag) (string, error) {
	s.ID, s.CreatedAt = c.discoveryID("srv"), c.Now()
	out, err := c.config.Log.Apply(ctx, structs.PutDiscoveryService{Service: s, Tags: tags})
	return out.Key, err
}

// UpdateDiscoveryService replaces a service that was read before.
func (c *Control) UpdateDiscoveryService(ctx context.Context, s structs.DiscoveryService) error {
	_, err := c.config.Log.Apply(ctx, structs.PutDiscoveryService{Service: s})
	return err
}

// DeleteDiscoveryService removes a service without instances.
func (c *Control) DeleteDiscoveryService(ctx context.Context, id string) error {
	_, err := c.config.Log.Apply(ctx, structs.DeleteDiscoveryService{ID: id})
	return err
}

// RegisterDiscoveryInstance adds an instance to a service, or replaces the one of the same id.
func (c *Control) RegisterDiscoveryInstance(ctx context.Context, i structs.DiscoveryInstance) error {
	i.At = c.Now()
	_, err := c.config.Log.Apply(ctx, structs.PutDiscoveryInstance{Instance: i})
	return err
}

// DeregisterDiscoveryInstance removes an instance.
func (c *Control) DeregisterDiscoveryInstance(ctx context.Context, service, id string) error {
	_, err := c.config.Log.Apply(ctx, structs.DeleteDiscoveryInstance{Service: service, ID: id})
	return err
}

// SetDiscoveryHealth records what a user says about an instance's health.
func (c *Control) SetDiscoveryHealth(ctx context.Context, service, id string, unhealthy bool) error {
	_, err := c.config.Log.Apply(ctx, structs.SetDiscoveryHealth{Service: service, ID: id, Unhealthy: unhealthy})
	return err
}
