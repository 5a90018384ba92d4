package ecs

import (
	"cmp"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// Every argument that names a resource is read here. It may come as a name, as KIND/NAME or as an
// ARN, and one rule holds for every ARN: it begins as the ARNs that this caller is given (the
// partition aws, the region that the call is signed for, the account of the installation), it is of
// the kind that the argument takes, and a cluster in it is the cluster of the call. What differs is
// refused in ECS's words.

// split returns the kind and the name, with the cluster if there is one, that an ARN holds.
func (a arns) split(argument, text string) (kind, rest string, err error) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "ecs" {
		return "", "", structs.Errorf(structs.KindInvalidParameter,
			"%s: '%s' is not an ARN of ECS; one looks like %s", argument, text, a.of("KIND/NAME"))
	}
	switch {
	case parts[1] != partition:
		return "", "", structs.Errorf(structs.KindInvalidParameter,
			"Invalid partition in ARN. %s: '%s' is in partition %s; use %s.", argument, text, parts[1], partition)
	case parts[3] != a.region:
		return "", "", structs.Errorf(structs.KindInvalidParameter,
			"Invalid Region in ARN. %s: '%s' is in region %s, and the call is for %s.", argument, text, parts[3], a.region)
	case parts[4] != a.account:
		return "", "", otherAccount(argument, text, parts[4], a.account)
	}
	kind, rest, _ = strings.Cut(parts[5], "/")
	return kind, rest, nil
}

func otherAccount(argument, text, found, account string) error {
	return structs.Errorf(structs.KindInvalidParameter,
		"Invalid account in ARN. %s: '%s' is of account %s, and the account here is %s.", argument, text, found, account)
}

// path returns the parts of a name, NAME or CLUSTER/NAME and so on, of which there may be so many.
func (a arns) path(argument, text, kind string, most int) ([]string, error) {
	rest := strings.TrimPrefix(text, kind+"/")
	if strings.HasPrefix(text, "arn:") {
		found, inARN, err := a.split(argument, text)
		if err != nil {
			return nil, err
		}
		if found != kind {
			return nil, structs.Errorf(structs.KindInvalidParameter,
				"Unsupported resource type: %s. %s: '%s' is not the ARN of a %s.", found, argument, text, kind)
		}
		rest = inARN
	}
	parts := strings.Split(rest, "/")
	for _, part := range parts {
		if strings.TrimSpace(part) == "" {
			return nil, blank(argument, text)
		}
	}
	if len(parts) > most {
		return nil, structs.Errorf(structs.KindInvalidParameter,
			"Invalid identifier: Unexpected number of separators. %s: '%s' is neither the name nor the ARN of a %s.", argument, text, kind)
	}
	return parts, nil
}

// blank is the error for an argument, or an item of one, that names nothing.
func blank(argument, text string) error {
	return structs.Errorf(structs.KindInvalidParameter,
		"%s can not be blank. It is '%s'; give a name or an ARN.", strings.ToUpper(argument[:1])+argument[1:], text)
}

// name resolves an argument whose resource is in no cluster.
func (a arns) name(argument, text, kind string) (string, error) {
	parts, err := a.path(argument, text, kind, 1)
	if err != nil {
		return "", err
	}
	return parts[0], nil
}

// parseCluster resolves the cluster argument of a call to a name; none means the default cluster.
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
// cluster of the call. Old short ARNs (…:task/ID) name no cluster and are of any.
func (a arns) parseMember(argument, text, kind, cluster string) (string, error) {
	parts, err := a.path(argument, text, kind, 2)
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
			return "", blank(argument, text)
		}
		return text, nil
	}
	parts, err := a.path(argument, text, kindTaskSet, 4) // the id has a slash: ecs-svc/DIGITS
	switch {
	case err != nil:
		return "", err
	case len(parts) < 3:
		return "", structs.Errorf(structs.KindInvalidParameter,
			"Invalid identifier: Unexpected number of separators. %s: '%s' is not the ARN of a task set; one looks like %s",
			argument, text, a.of(kindTaskSet+"/CLUSTER/SERVICE/ID"))
	case parts[0] != cluster:
		return "", otherCluster(argument, text, parts[0], cluster)
	case parts[1] != service:
		return "", structs.Errorf(structs.KindInvalidParameter,
			"Invalid identifier: Identifier is for service %s. Your service is %s. %s: '%s'", parts[1], service, argument, text)
	}
	return strings.Join(parts[2:], "/"), nil
}

// parseDeployment returns the deployment that the ARN of a service deployment or service revision
// names; nil where there is none.
func (a arns) parseDeployment(v view, argument, text, kind string) (*structs.Deployment, error) {
	parts, err := a.path(argument, text, kind, 3)
	if err != nil {
		return nil, err
	}
	if len(parts) != 3 {
		return nil, structs.Errorf(structs.KindInvalidParameter,
			"%s: '%s' is not the ARN of a %s; one looks like %s", argument, text, kind, a.of(kind+"/CLUSTER/SERVICE/ID"))
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
