package ecs

import (
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

// The kinds of resource in ARNs.
const (
	kindCluster    = structs.ResourceCluster
	kindInstance   = structs.ResourceInstance
	kindTask       = structs.ResourceTask
	kindDefinition = structs.ResourceTaskDefinition
	kindService    = structs.ResourceService
	kindDeployment = "service-deployment"
	kindRevision   = "service-revision"
	kindProvider   = structs.ResourceCapacityProvider
	kindTaskSet    = structs.ResourceTaskSet
	kindAttachment = "attachment"

	kindGateway      = structs.ResourceGateway
	kindGatewayRoute = "gateway-route"
)

// arns builds the ARNs of one caller, and reads the arguments that name resources (arn_parse.go).
type arns struct{ protocol.ARNs }

// asked returns the ARN to show in a failure for a resource that does not exist: the one that the
// caller gave, or the one made from the key.
func (a arns) asked(text string, key structs.ResourceKey) string {
	if strings.HasPrefix(text, "arn:") {
		return text
	}
	return a.Of(key)
}

func (a arns) cluster(name string) string         { return a.Of(structs.ClusterKey(name)) }
func (a arns) definition(key string) string       { return a.Of(structs.TaskDefinitionKey(key)) }
func (a arns) instance(cluster, id string) string { return a.Of(structs.InstanceKey(cluster, id)) }
func (a arns) task(cluster, id string) string     { return a.Of(structs.TaskKey(cluster, id)) }

func (a arns) gateway(name string) string          { return a.Of(structs.GatewayKey(name)) }
func (a arns) gatewayRoute(r *gatewayRoute) string { return a.Of(kindGatewayRoute + "/" + r.key()) }
func (a arns) traffic(of structs.ResourceKey) string {
	return structs.TrafficARN(a.Region, a.Account, of)
}
func (a arns) provider(name string) string         { return a.Of(structs.CapacityProviderKey(name)) }
func (a arns) service(cluster, name string) string { return a.Of(structs.ServiceKey(cluster, name)) }

// deployment and revision return the ARNs of a service's deployment and of the revision that it
// deploys. Both have the digits of the deployment's id; Terraform looks for them in the second.
func (a arns) deployment(job *structs.Job, id string) string {
	return a.Of(kindDeployment + "/" + job.Cluster + "/" + job.Name + "/" + strings.TrimPrefix(id, deploymentPrefix))
}
func (a arns) revision(job *structs.Job, deployment string) string {
	return a.Of(kindRevision + "/" + job.Cluster + "/" + job.Name + "/" + strings.TrimPrefix(deployment, deploymentPrefix))
}

func (a arns) taskSet(job *structs.Job, id string) string { return a.Of(structs.TaskSetKey(job, id)) }

// deploymentPrefix is the prefix of every deployment's id (ECS).
const deploymentPrefix = "ecs-svc/"
