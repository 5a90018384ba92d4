package ecs

import (
	"cmp"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

// Every argument that names a resource is read here. It may be a name, KIND/NAME or an ARN
// (protocol.ARNs). If it contains a cluster, that must be the cluster of the call. Anything else is
// refused in ECS's words.

// name resolves an argument for a resource that is in no cluster.
func (a arns) name(argument, text, kind string) (string, error) {
	parts, err := a.Path(argument, text, kind, 1)
	if err != nil {
		return "", err
	}
	return parts[0], nil
}

// parseCluster resolves the cluster argument of a call to a name. An empty one means the default
// cluster.
func (a arns) parseCluster(text string) (string, error) {
	return a.name("cluster", cmp.Or(text, structs.DefaultCluster), kindCluster)
}

// parseDefinition resolves a task definition argument to family or family:revision.
func (a arns) parseDefinition(argument, text string) (string, error) {
	key, err := a.name(argument, text, kindDefinition)
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

// parseMember resolves a task, container instance or service argument to its id or name in the
// cluster of the call. Old short ARNs (…:task/ID) name no cluster, so they are accepted in any.
func (a arns) parseMember(argument, text, kind, cluster string) (string, error) {
	parts, err := a.Path(argument, text, kind, 2)
	if err != nil {
		return "", err
	}
	if len(parts) == 2 && parts[0] != cluster {
		return "", otherCluster(argument, text, parts[0], cluster)
	}
	return parts[len(parts)-1], nil
}

func otherCluster(argument, text, found, cluster string) error {
	return structs.Errorf(structs.KindInvalidParameter,
		"Invalid identifier: Identifier is for cluster %s. Your cluster is %s. %s: '%s'", found, cluster, argument, text)
}

// parseTaskSet resolves a task set argument, an id or an ARN, to its id in a service of a cluster.
func (a arns) parseTaskSet(argument, text, cluster, service string) (string, error) {
	if !strings.HasPrefix(text, "arn:") {
		if strings.TrimSpace(text) == "" {
			return "", protocol.Blank(argument, text)
		}
		return text, nil
	}
	parts, err := a.Path(argument, text, kindTaskSet, 4) // the id has a slash: ecs-svc/DIGITS
	switch {
	case err != nil:
		return "", err
	case len(parts) < 3:
		return "", structs.Errorf(structs.KindInvalidParameter,
			"Invalid identifier: Unexpected number of separators. %s: '%s' is not the ARN of a task set; one looks like %s",
			argument, text, a.Of(kindTaskSet+"/CLUSTER/SERVICE/ID"))
	case parts[0] != cluster:
		return "", otherCluster(argument, text, parts[0], cluster)
	case parts[1] != service:
		return "", structs.Errorf(structs.KindInvalidParameter,
			"Invalid identifier: Identifier is for service %s. Your service is %s. %s: '%s'", parts[1], service, argument, text)
	}
	return strings.Join(parts[2:], "/"), nil
}

// parseDeployment returns the deployment that the ARN of a service deployment or service revision
// names; nil if there is none.
func (a arns) parseDeployment(v view, argument, text, kind string) (*structs.Deployment, error) {
	parts, err := a.Path(argument, text, kind, 3)
	if err != nil {
		return nil, err
	}
	if len(parts) != 3 {
		return nil, structs.Errorf(structs.KindInvalidParameter,
			"%s: '%s' is not the ARN of a %s; one looks like %s", argument, text, kind, a.Of(kind+"/CLUSTER/SERVICE/ID"))
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
