package ecs

import (
	"cmp"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// The kinds of resource in ARNs.
const (
	kindCluster    = "cluster"
	kindInstance   = "container-instance"
	kindTask       = "task"
	kindDefinition = "task-definition"
	kindContainer  = "container"
	kindService    = "service"
	kindDeployment = "service-deployment"
	kindRevision   = "service-revision"
	kindProvider   = "capacity-provider"
	kindTaskSet    = "task-set"
)

// arns builds ARNs for one caller: in the region it signed for.
type arns struct{ region, account string }

func (a arns) of(key structs.ResourceKey) string {
	return "arn:aws:ecs:" + a.region + ":" + a.account + ":" + key
}

func (a arns) cluster(name string) string         { return a.of(clusterKey(name)) }
func (a arns) definition(key string) string       { return a.of(definitionKey(key)) }
func (a arns) instance(cluster, id string) string { return a.of(instanceKey(cluster, id)) }
func (a arns) task(cluster, id string) string     { return a.of(taskKey(cluster, id)) }
func (a arns) container(cluster, task, id string) string {
	return a.of(kindContainer + "/" + cluster + "/" + task + "/" + id)
}

func (a arns) provider(name string) string         { return a.of(providerKey(name)) }
func (a arns) service(cluster, name string) string { return a.of(serviceKey(cluster, name)) }

// principal is the ARN of who did something. Where nobody is asked who they are, everybody is the account's root.
func (a arns) principal(arn string) string { return cmp.Or(arn, "arn:aws:iam::"+a.account+":root") }

// deployment and revision name a service's deployment and what it deploys: both by the digits of the deployment's id, which clients
// look for in the second (Terraform).
func (a arns) deployment(job *structs.Job, id string) string {
	return a.of(kindDeployment + "/" + job.Cluster + "/" + job.Name + "/" + strings.TrimPrefix(id, deploymentPrefix))
}
func (a arns) revision(job *structs.Job, deployment string) string {
	return a.of(kindRevision + "/" + job.Cluster + "/" + job.Name + "/" + strings.TrimPrefix(deployment, deploymentPrefix))
}

func (a arns) taskSet(job *structs.Job, id string) string { return a.of(structs.TaskSetKey(job, id)) }

// deploymentPrefix begins the id of every deployment (ECS).
const deploymentPrefix = "ecs-svc/"

func clusterKey(name string) structs.ResourceKey   { return kindCluster + "/" + name }
func definitionKey(key string) structs.ResourceKey { return kindDefinition + "/" + key }
func instanceKey(cluster, id string) structs.ResourceKey {
	return kindInstance + "/" + cluster + "/" + id
}
func serviceKey(cluster, name string) structs.ResourceKey {
	return kindService + "/" + cluster + "/" + name
}
func providerKey(name string) structs.ResourceKey    { return kindProvider + "/" + name }
func taskKey(cluster, id string) structs.ResourceKey { return kindTask + "/" + cluster + "/" + id }

// splitARN gives what an ARN names: its kind and the rest. Region and account are not checked: a caller may come by
// another region's name. ok is false for what is no ARN of ECS.
func splitARN(text string) (kind, rest string, ok bool) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "ecs" {
		return "", "", false
	}
	kind, rest, ok = strings.Cut(parts[5], "/")
	return kind, rest, ok && rest != ""
}

// name gives what an argument names, whether it came as a short name, as "kind/name" or as an ARN.
func name(argument, text, kind string) (string, error) {
	if !strings.HasPrefix(text, "arn:") {
		short := strings.TrimPrefix(text, kind+"/")
		if kind != kindTask && kind != kindInstance && kind != kindService && strings.Contains(short, "/") {
			return "", structs.Errorf(structs.KindInvalidParameter, "%s: '%s' is neither the name nor the ARN of a %s", argument, text, kind)
		}
		return short, nil
	}
	found, rest, ok := splitARN(text)
	switch {
	case !ok:
		return "", structs.Errorf(structs.KindInvalidParameter, "%s: '%s' is not an ARN of ECS; one looks like arn:aws:ecs:REGION:ACCOUNT:%s/…", argument, text, kind)
	case found != kind:
		return "", structs.Errorf(structs.KindInvalidParameter, "%s: '%s' is the ARN of a %s, not of a %s", argument, text, found, kind)
	}
	return rest, nil
}

// parseCluster resolves a cluster argument to a name; none means the default cluster.
func parseCluster(text string) (string, error) {
	return name("cluster", cmp.Or(text, structs.DefaultCluster), kindCluster)
}

// parseDefinition resolves a task definition argument to family or family:revision.
func parseDefinition(argument, text string) (string, error) {
	key, err := name(argument, text, kindDefinition)
	if err != nil {
		return "", err
	}
	family, revision, given := strings.Cut(key, ":")
	if !given {
		return family, nil
	}
	if _, _, ok := structs.SplitDefinitionKey(key); !ok {
		return "", structs.Errorf(structs.KindInvalidParameter, "Invalid revision number. Number: %s", revision)
	}
	return key, nil
}

// parseMember resolves a task, container instance or service argument to its id or name. The long ARN names a cluster too: where that is not
// the cluster of the call, there is no such member in it, and found is false.
func parseMember(argument, text, kind, cluster string) (id string, found bool, err error) {
	rest, err := name(argument, text, kind)
	if err != nil {
		return "", false, err
	}
	in, id, long := strings.Cut(rest, "/")
	if !long {
		return rest, true, nil
	}
	return id, in == cluster, nil
}

// parseDeployment gives the deployment that the ARN of a service deployment or service revision names; nil where there is none.
func parseDeployment(v view, argument, text, kind string) (*structs.Deployment, error) {
	rest, err := name(argument, text, kind)
	if err != nil {
		return nil, err
	}
	parts := strings.Split(rest, "/")
	if len(parts) != 3 {
		return nil, structs.Errorf(structs.KindInvalidParameter,
			"%s: '%s' is not the ARN of a %s; one looks like arn:aws:ecs:REGION:ACCOUNT:%s/CLUSTER/SERVICE/ID", argument, text, kind, kind)
	}
	d := v.Deployment(deploymentPrefix + parts[2])
	if d == nil || d.TaskSet != nil || d.Cluster != parts[0] {
		return nil, nil
	}
	if job := v.Job(d.Job); job == nil || job.Name != parts[1] {
		return nil, nil
	}
	return d, nil
}

// parseTaskSet resolves a task set argument, an id or an ARN, to its id in a service of a cluster. What is of another service has no
// id here.
func parseTaskSet(argument, text, cluster, service string) (id string, err error) {
	if !strings.HasPrefix(text, "arn:") {
		return text, nil
	}
	rest, err := name(argument, text, kindTaskSet)
	id, _ = strings.CutPrefix(rest, cluster+"/"+service+"/")
	return id, err
}
