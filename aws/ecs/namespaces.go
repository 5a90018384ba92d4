package ecs

import (
	"context"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

// listServicesByNamespace lists the services that have a part in Service Connect in a namespace,
// which is given by its name or ARN.
func (c *call) listServicesByNamespace(ctx context.Context, in *ListServicesByNamespaceRequest) (*ListServicesByNamespaceResponse, error) {
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	namespace := in.Namespace
	if strings.HasPrefix(namespace, "arn:") {
		id, err := c.arns.discovery().Path("namespace", namespace, "namespace", 1)
		if err != nil {
			return nil, err
		}
		if n := v.Namespace(id[0]); n != nil {
			namespace = n.Name
		}
	}
	if v.NamespaceNamed(namespace) == nil && !isDefaultNamespace(v, in.Namespace) {
		return nil, structs.Errorf(structs.KindNamespaceNotFound, "The namespace %s was not found.", in.Namespace)
	}
	rows := func(yield func(string, string) bool) {
		for cluster := range v.Clusters() {
			for job := range v.Services(cluster.Name) {
				if s := job.Service.Connect; s == nil || s.Namespace != namespace || job.Status == structs.ServiceInactive {
					continue
				}
				if arn := c.arns.service(job.Cluster, job.Name); !yield(arn, arn) {
					return
				}
			}
		}
	}
	found, next, err := protocol.Listing[string]{
		Operation: "ListServicesByNamespace", Rows: rows, MaxResults: in.MaxResults, Size: servicesPage, Token: in.NextToken,
	}.Page()
	return &ListServicesByNamespaceResponse{ServiceArns: found, NextToken: next}, err
}

// isDefaultNamespace reports whether a namespace is the default of a cluster; no service may have
// used it yet.
func isDefaultNamespace(v view, namespace string) bool {
	for cluster := range v.Clusters() {
		if d := cluster.ServiceConnectDefaults; d != nil && d.Namespace == namespace && cluster.Status == structs.ClusterActive {
			return true
		}
	}
	return false
}
