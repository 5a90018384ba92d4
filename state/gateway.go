package state

import (
	"cmp"
	"iter"

	"github.com/gantry-project/gantry/structs"
)

var gateways = Declare(Declaration[structs.Gateway]{
	Table: 71, Name: "gateways",
	Less: func(a, b *structs.Gateway) bool { return a.Name < b.Name },
})

var gatewayAssociations = Declare(Declaration[structs.GatewayAssociation]{
	Table: 72, Name: "gateway associations",
	Less: func(a, b *structs.GatewayAssociation) bool {
		return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Gateway, b.Gateway)) < 0
	},
})

// Gateway returns a gateway, or nil if there is none of that name.
func (s *Snapshot) Gateway(name string) *structs.Gateway {
	return gateways.get(s, &structs.Gateway{Name: name})
}

// Gateways returns all gateways by name.
func (s *Snapshot) Gateways() iter.Seq[*structs.Gateway] { return gateways.all(s) }

// PutGateway adds a gateway, or replaces the one of the same name.
func (tx *Tx) PutGateway(g *structs.Gateway) { gateways.put(tx, g) }

// RemoveGateway removes a gateway.
func (tx *Tx) RemoveGateway(g *structs.Gateway) { gateways.remove(tx, g) }

// GatewayAssociation returns the association of a gateway with a cluster, or nil if there is none.
func (s *Snapshot) GatewayAssociation(cluster, gateway string) *structs.GatewayAssociation {
	return gatewayAssociations.get(s, &structs.GatewayAssociation{Cluster: cluster, Gateway: gateway})
}

// GatewayAssociations returns all associations by cluster and gateway.
func (s *Snapshot) GatewayAssociations() iter.Seq[*structs.GatewayAssociation] {
	return gatewayAssociations.all(s)
}

// ClusterGateways returns the associations of a cluster by gateway.
func (s *Snapshot) ClusterGateways(cluster string) iter.Seq[*structs.GatewayAssociation] {
	return while(gatewayAssociations.allFrom(s, &structs.GatewayAssociation{Cluster: cluster}),
		func(a *structs.GatewayAssociation) bool { return a.Cluster == cluster })
}

// PutGatewayAssociation adds an association, or replaces the one of the same gateway and cluster.
func (tx *Tx) PutGatewayAssociation(a *structs.GatewayAssociation) { gatewayAssociations.put(tx, a) }

// RemoveGatewayAssociation removes an association.
func (tx *Tx) RemoveGatewayAssociation(a *structs.GatewayAssociation) {
	gatewayAssociations.remove(tx, a)
}
