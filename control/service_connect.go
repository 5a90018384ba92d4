package control

import (
	"context"
	"regexp"
	"strings"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// connect applies what a change says about Service Connect, and checks it for the definition of the
// service.
func (c *Control) connect(ch *ServiceChange, snap *state.Snapshot, job *structs.Job) error {
	if ch.Connect != nil {
		job.Service.Connect = *ch.Connect
	}
	is := job.Service.Connect
	if is == nil {
		return nil
	}
	def := snap.TaskDefinition(job.TaskDefinition)
	seen := newConnectNames(is.Namespace)
	for n := range is.Services {
		s := &is.Services[n]
		if err := checkConnectService(is, s, def); err != nil {
			return err
		}
		if err := seen.add(is, s, def, "this service"); err != nil {
			return err
		}
	}
	if len(is.Services) == 0 || ch.Connect == nil && ch.TaskDefinition == "" {
		return nil
	}
	return seen.others(snap, job)
}

// The names of Service Connect (ECS), and host names.
var (
	namespaceName = regexp.MustCompile(`^[!-~]+$`)
	discoveryName = regexp.MustCompile(`^[a-z0-9_][a-z0-9_-]{0,63}$`)
	hostName      = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$`)
)

// maxHostName is how many characters a host name can have (RFC 1035).
const maxHostName = 253

// maxNamespace is how many characters the name of a namespace can have (Cloud Map).
const maxNamespace = 1024

func checkConnectService(is *structs.ServiceConnect, s *structs.ConnectService, def *structs.TaskDefinition) error {
	const at = "serviceConnectConfiguration.services: "
	fail := func(format string, args ...any) error {
		return structs.Errorf(structs.KindInvalidParameter, at+format, args...)
	}
	m := def.NamedPort(s.PortName)
	switch {
	case def != nil && m == nil:
		return fail("portName '%s' is not the name of a port mapping in the task definition.", s.PortName)
	case m != nil && m.Protocol == "udp":
		return fail("portName '%s' is a port of UDP; Service Connect needs TCP.", s.PortName)
	case !discoveryName.MatchString(s.Discovery()):
		return fail("discoveryName '%s' must have 1 to 64 lowercase letters, digits, underscores and hyphens, and not begin with a hyphen.", s.Discovery())
	case len(s.Aliases) > 1:
		return fail("portName '%s' has %d clientAliases; it can have one.", s.PortName, len(s.Aliases))
	}
	for n, a := range is.Reached(s) {
		switch {
		case len(a.DNSName) > maxHostName || !hostName.MatchString(a.DNSName):
			return fail("dnsName '%s' is not a host name.", a.DNSName)
		case a.DNSName == "gantry" || strings.HasSuffix(a.DNSName, ".gantry"):
			return fail("dnsName '%s' is in the zone gantry, which has the cluster's own names; take another.", a.DNSName)
		case len(s.Aliases) > n && a.Port < 1:
			return fail("the port of a client alias must be from 1 to 65535.")
		}
	}
	return nil
}

// connectNames are the names of a namespace that services have.
type connectNames struct {
	namespace  string
	discovered map[string]string // who has it
	aliases    map[structs.ConnectAlias]string
}

func newConnectNames(namespace string) *connectNames {
	return &connectNames{namespace: namespace, discovered: map[string]string{}, aliases: map[structs.ConnectAlias]string{}}
}

// aliasesOf returns by which names and ports clients reach a service.
func aliasesOf(is *structs.ServiceConnect, s *structs.ConnectService, def *structs.TaskDefinition) []structs.ConnectAlias {
	all := is.Reached(s)
	for n := range all {
		if m := def.NamedPort(s.PortName); all[n].Port == 0 && m != nil {
			all[n].Port = *m.ContainerPort
		}
	}
	return all
}

// add fails if somebody has the names.
func (c *connectNames) add(is *structs.ServiceConnect, s *structs.ConnectService, def *structs.TaskDefinition, who string) error {
	if has, taken := c.discovered[s.Discovery()]; taken {
		return structs.Errorf(structs.KindInvalidParameter,
			"serviceConnectConfiguration.services: %s has the discoveryName '%s' in namespace %s already.", has, s.Discovery(), c.namespace)
	}
	c.discovered[s.Discovery()] = who
	for _, a := range aliasesOf(is, s, def) {
		if has, taken := c.aliases[a]; taken {
			return structs.Errorf(structs.KindInvalidParameter,
				"serviceConnectConfiguration.services: %s has the client alias %s:%d in namespace %s already.", has, a.DNSName, a.Port, c.namespace)
		}
		c.aliases[a] = who
	}
	return nil
}

// others fails if another service of the namespace has one of the names of a job.
func (c *connectNames) others(snap *state.Snapshot, job *structs.Job) error {
	for cluster := range snap.Clusters() {
		for other := range snap.Services(cluster.Name) {
			is := other.Service.Connect
			if is == nil || is.Namespace != c.namespace || other.Status != structs.ServiceActive ||
				other.Cluster == job.Cluster && other.Name == job.Name {
				continue
			}
			for n := range is.Services {
				s := &is.Services[n]
				who := "the service " + other.Cluster + "/" + other.Name
				mine := newConnectNames(c.namespace)
				if err := mine.add(is, s, snap.TaskDefinition(other.TaskDefinition), who); err != nil {
					return err
				}
				if err := mine.addAll(job, snap.TaskDefinition(job.TaskDefinition)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (c *connectNames) addAll(job *structs.Job, def *structs.TaskDefinition) error {
	is := job.Service.Connect
	for n := range is.Services {
		if err := c.add(is, &is.Services[n], def, "this service"); err != nil {
			return err
		}
	}
	return nil
}

// ConnectNamespace returns the name of the namespace that a caller means: by its name, or by the id
// in its ARN. A name that no namespace has becomes an
// HTTP namespace (ECS).
func (c *Control) ConnectNamespace(ctx context.Context, name, id string) (string, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return "", err
	}
	if id != "" {
		if n := snap.Namespace(id); n != nil {
			return n.Name, nil
		}
		return "", structs.Errorf(structs.KindNamespaceNotFound, "The namespace %s was not found.", id)
	}
	if n := snap.NamespaceNamed(name); n != nil {
		return n.Name, nil
	}
	if !namespaceName.MatchString(name) || len(name) > maxNamespace {
		return "", structs.Errorf(structs.KindInvalidParameter, "serviceConnectConfiguration.namespace: '%s' must have 1 to 1024 printable ASCII characters without spaces.", name)
	}
	_, err = c.CreateNamespace(ctx, structs.Namespace{Name: name, Type: structs.NamespaceHTTP, Token: "service-connect"}, nil)
	return name, err
}
