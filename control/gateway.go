package control

import (
	"context"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// CreateGateway makes a gateway, ACTIVE at once (ECS). The same client token again returns the one
// that it made.
func (c *Control) CreateGateway(ctx context.Context, g structs.Gateway, tags []structs.Tag) (*structs.Gateway, error) {
	if !isGatewayName(g.Name) {
		return nil, structs.Errorf(structs.KindInvalidParameter, "name: %q is not a name of up to 255 letters, digits, hyphens and underscores", g.Name)
	}
	g.CreatedAt = c.Now()
	g.UpdatedAt = g.CreatedAt
	return c.putGateway(ctx, structs.PutGateway{Gateway: g, New: true, Tags: tags})
}

// UpdateGateway changes a gateway. What Gantry has of it takes effect at once.
func (c *Control) UpdateGateway(ctx context.Context, name string, change func(*structs.Gateway)) (*structs.Gateway, error) {
	present, err := c.DescribeGateway(ctx, name)
	if err != nil {
		return nil, err
	}
	next := *present
	change(&next)
	next.UpdatedAt = c.Now()
	return c.putGateway(ctx, structs.PutGateway{Gateway: next})
}

func (c *Control) putGateway(ctx context.Context, cmd structs.PutGateway) (*structs.Gateway, error) {
	if _, err := c.config.Log.Apply(ctx, cmd); err != nil {
		return nil, err
	}
	return c.config.Store.Snapshot().Gateway(cmd.Gateway.Name), nil
}

// DescribeGateway returns a gateway.
func (c *Control) DescribeGateway(ctx context.Context, name string) (*structs.Gateway, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	if g := snap.Gateway(name); g != nil {
		return g, nil
	}
	return nil, structs.ErrGatewayNotFound()
}

// DeleteGateway removes a gateway that is not protected and that no cluster is associated with. It
// returns it as it was.
func (c *Control) DeleteGateway(ctx context.Context, name string) (*structs.Gateway, error) {
	g, err := c.DescribeGateway(ctx, name)
	if err != nil {
		return nil, err
	}
	_, err = c.config.Log.Apply(ctx, structs.DeleteGateway{Gateway: name})
	return g, err
}

// AssociateGateway lets the services of a cluster use a gateway.
func (c *Control) AssociateGateway(ctx context.Context, cluster, gateway string) error {
	_, err := c.config.Log.Apply(ctx, structs.AssociateGateway{Gateway: gateway, Cluster: cluster})
	return err
}

// DisassociateGateway ends that, once no service of the cluster uses the gateway any more. It
// returns the state of the association.
func (c *Control) DisassociateGateway(ctx context.Context, cluster, gateway string) (string, error) {
	if _, err := c.config.Log.Apply(ctx, structs.DisassociateGateway{Gateway: gateway, Cluster: cluster}); err != nil {
		return "", err
	}
	if a := c.config.Store.Snapshot().GatewayAssociation(cluster, gateway); a != nil {
		return a.Status, nil
	}
	return structs.AssociationInactive, nil
}

// isGatewayName reports whether a gateway can have a name.
func isGatewayName(name string) bool {
	return name != "" && len(name) <= 255 && !slices.ContainsFunc([]rune(name), func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	})
}
