package fsm

import (
	"slices"
	"strings"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// maxTags is how many tags a resource can have (ECS).
const maxTags = 50

func tag(tx *state.Tx, _ uint64, cmd structs.TagCommand) (string, error) {
	if !exists(tx, cmd.Resource) {
		return "", structs.ErrResourceNotFound(cmd.Resource)
	}
	tags := slices.Clone(tx.Tags(cmd.Resource))
	for _, t := range cmd.Tags {
		if n := slices.IndexFunc(tags, func(old structs.Tag) bool { return old.Key == t.Key }); n >= 0 {
			tags[n] = t
		} else {
			tags = append(tags, t)
		}
	}
	if len(tags) > maxTags {
		return "", structs.Errorf(structs.KindInvalidParameter, "A resource can have at most %d tags.", maxTags)
	}
	tx.PutTags(cmd.Resource, tags)
	return "", nil
}

func untag(tx *state.Tx, _ uint64, cmd structs.UntagCommand) (string, error) {
	if !exists(tx, cmd.Resource) {
		return "", structs.ErrResourceNotFound(cmd.Resource)
	}
	left := slices.DeleteFunc(slices.Clone(tx.Tags(cmd.Resource)), func(t structs.Tag) bool {
		return slices.Contains(cmd.Keys, t.Key)
	})
	tx.PutTags(cmd.Resource, left)
	return "", nil
}

// exists reports whether a resource is in state.
func exists(tx *state.Tx, resource structs.ResourceKey) bool {
	kind, name, _ := strings.Cut(resource, "/")
	cluster, id, _ := strings.Cut(name, "/")
	switch kind {
	case structs.ResourceCluster:
		return tx.Cluster(name) != nil
	case structs.ResourceTaskDefinition:
		d := tx.TaskDefinition(name)
		return d != nil && d.Key() == name // "family:07" is not another name of family:7
	case structs.ResourceInstance:
		i := tx.Instance(id)
		return i != nil && i.Cluster == cluster
	case structs.ResourceTask:
		t := tx.Task(id)
		return t != nil && t.Cluster == cluster
	case structs.ResourceService:
		return tx.Service(cluster, id) != nil
	case structs.ResourceTaskSet:
		service, set, _ := strings.Cut(id, "/")
		job, d := tx.Service(cluster, service), tx.Deployment(set)
		return job != nil && d != nil && d.Job == job.ID && d.TaskSet != nil && d.Status != structs.DeploymentInactive
	case structs.ResourceGateway:
		return tx.Gateway(name) != nil
	case structs.ResourceLogGroup:
		return tx.LogGroup(name) != nil
	case structs.ResourceCapacityProvider:
		return tx.CapacityProvider(name) != nil && !structs.IsFargate(name)
	case structs.ResourceCertificate:
		return tx.Certificate(name) != nil
	case structs.ResourceSecret:
		return tx.Secret(name) != nil
	case structs.ResourceParameter:
		return tx.Parameter(name) != nil
	case structs.ResourceRole:
		return tx.Role(name) != nil
	case structs.ResourcePolicy:
		return tx.ManagedPolicy(name) != nil
	case structs.ResourceLoadBalancer, structs.ResourceTargetGroup, structs.ResourceListener, structs.ResourceListenerRule:
		return trafficExists(tx, resource)
	}
	return false
}
