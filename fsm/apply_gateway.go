package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func putGateway(tx *state.Tx, _ uint64, cmd structs.PutGateway) (string, error) {
	g := cmd.Gateway
	switch present := tx.Gateway(g.Name); {
	case !cmd.New && present == nil:
		return "", structs.ErrGatewayNotFound()
	case cmd.New && present != nil && g.ClientToken != "" && present.ClientToken == g.ClientToken:
		return g.Name, nil
	case cmd.New && present != nil:
		return "", structs.Errorf(structs.KindInvalidParameter, "A gateway with the name %s already exists.", g.Name)
	case cmd.New:
		tx.PutTags(structs.GatewayKey(g.Name), cmd.Tags)
	}
	tx.PutGateway(&g)
	return g.Name, nil
}

func deleteGateway(tx *state.Tx, _ uint64, cmd structs.DeleteGateway) (string, error) {
	g := tx.Gateway(cmd.Gateway)
	switch {
	case g == nil:
		return "", structs.ErrGatewayNotFound()
	case g.Protected:
		return "", structs.Errorf(structs.KindInvalidParameter,
			"The gateway %s can't be deleted because deletion protection is enabled. Disable it with UpdateGateway first.", g.Name)
	}
	for a := range tx.GatewayAssociations() {
		if a.Gateway == g.Name {
			return "", structs.Errorf(structs.KindResourceInUse,
				"The gateway %s is associated with the cluster %s (%s). Disassociate all clusters first.", g.Name, a.Cluster, a.Status)
		}
	}
	tx.PutTags(structs.GatewayKey(g.Name), nil)
	tx.RemoveGateway(g)
	return g.Name, nil
}

func associateGateway(tx *state.Tx, _ uint64, cmd structs.AssociateGateway) (string, error) {
	if tx.Gateway(cmd.Gateway) == nil {
		return "", structs.ErrGatewayNotFound()
	}
	if _, err := activeCluster(tx, cmd.Cluster); err != nil {
		return "", err
	}
	if tx.GatewayAssociation(cmd.Cluster, cmd.Gateway) == nil {
		if n := len(slices.Collect(tx.ClusterGateways(cmd.Cluster))); n >= structs.MaxClusterGateways {
			return "", structs.Errorf(structs.KindLimitExceeded, "The cluster %s is associated with %d gateways, which is the limit.", cmd.Cluster, n)
		}
	}
	tx.PutGatewayAssociation(&structs.GatewayAssociation{Cluster: cmd.Cluster, Gateway: cmd.Gateway, Status: structs.AssociationActive})
	return cmd.Gateway, nil
}

func disassociateGateway(tx *state.Tx, _ uint64, cmd structs.DisassociateGateway) (string, error) {
	if tx.Gateway(cmd.Gateway) == nil {
		return "", structs.ErrGatewayNotFound()
	}
	present := tx.GatewayAssociation(cmd.Cluster, cmd.Gateway)
	if present == nil {
		return "", structs.Errorf(structs.KindInvalidParameter, "The gateway %s is not associated with the cluster %s.", cmd.Gateway, cmd.Cluster)
	}
	next := *present
	next.Status = structs.AssociationDisassociating
	tx.PutGatewayAssociation(&next)
	endDisassociations(tx, cmd.Cluster)
	return cmd.Gateway, nil
}

// endDisassociations removes the associations of a cluster that are to end and have no routes left.
func endDisassociations(tx *state.Tx, cluster string) {
	var ending []*structs.GatewayAssociation
	for a := range tx.ClusterGateways(cluster) {
		if a.Status == structs.AssociationDisassociating {
			ending = append(ending, a)
		}
	}
	if len(ending) == 0 { // the usual case costs nothing
		return
	}
	used := map[string]bool{}
	for job := range tx.Services(cluster) {
		if c := job.Service.Gateway; c != nil && job.Status == structs.ServiceActive {
			for _, r := range c.Routes {
				used[r.Gateway] = true
			}
		}
	}
	for _, a := range ending {
		if !used[a.Gateway] {
			tx.RemoveGatewayAssociation(a)
		}
	}
}
