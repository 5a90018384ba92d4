package ecs

import (
	"context"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

// listServicesByNamespace lists nothing: services with Service Connect are refused, so no service
// is in a namespace. The only namespaces are the defaults of clusters.
func (c *call) listServicesByNamespace(ctx context.Context, in *ListServicesByNamespaceRequest) (*ListServicesByNamespaceResponse, error) {
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	if !isNamespace(v, in.Namespace) {
		return nil, structs.Errorf(structs.KindNamespaceNotFound, "The namespace %s was not found: no cluster has it in its serviceConnectDefaults.", in.Namespace)
	}
	none := func(func(string, string) bool) {}
	found, next, err := protocol.Listing[string]{Operation: "ListServicesByNamespace", Rows: none, MaxResults: in.MaxResults, Size: servicesPage, Token: in.NextToken}.Page()
	return &ListServicesByNamespaceResponse{ServiceArns: found, NextToken: next}, err
}

func isNamespace(v view, namespace string) bool {
	for cluster := range v.Clusters() {
		if d := cluster.ServiceConnectDefaults; d != nil && d.Namespace == namespace && cluster.Status == structs.ClusterActive {
			return true
		}
	}
	return false
}
