package structs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Expose makes a service reachable from outside over HTTPS (expose of a job file, gantry deploy,
// express gateway services). The rows that it becomes are in exposure.go.
type Expose struct {
	Port int32 `json:"port"` // of the container
	// Container has the port; empty: the first that maps it, or the first of all.
	Container string `json:"container,omitzero"`
	// Hosts are the host names of requests for the service, with * and ? as in elbv2's host-header
	// conditions. Empty: one that Gantry makes, NAME.CLUSTER.DOMAIN.
	Hosts []string `json:"hosts,omitzero"`
	// Path and all paths below it are the service's; empty or /: all.
	Path string `json:"path,omitzero"`
	// HealthPath is asked for to check a task, which must answer 200 to 399. Empty: /, for which
	// every answer below 500 will do.
	HealthPath string `json:"healthPath,omitzero"`
	// ProtocolVersion is how the container is spoken to: HTTP1 (the default), HTTP2 (h2c) or GRPC.
	ProtocolVersion string `json:"protocolVersion,omitzero"`
}

// ExposedGrace is the grace period of health checks, in seconds, of an exposed job whose file names
// none. Without any, tasks that need some seconds to start would be replaced for ever.
const ExposedGrace = 60

// maxHosts and maxPattern bound the conditions of a rule (elbv2: 128 characters).
const (
	maxHosts   = 100
	maxPattern = 128
)

var protocolVersions = []string{"", "HTTP1", "HTTP2", "GRPC"}

// problem returns what is wrong: the field below expose, and what to do about it.
func (e *Expose) problem() (field, problem string) {
	switch {
	case e.Port < 1 || e.Port > 65535:
		return "port", fmt.Sprintf("%d is not a port from 1 to 65535: give the one that the container listens on", e.Port)
	case len(e.Hosts) > maxHosts:
		return "hosts", fmt.Sprintf("there are %d; a service can have at most %d", len(e.Hosts), maxHosts)
	case e.Path != "" && !isPath(e.Path):
		return "path", fmt.Sprintf("%q is not a path such as /api, of at most %d characters without * and ?", e.Path, maxPattern-2)
	case e.HealthPath != "" && !strings.HasPrefix(e.HealthPath, "/"):
		return "healthPath", fmt.Sprintf("%q does not begin with /", e.HealthPath)
	case !slices.Contains(protocolVersions, e.ProtocolVersion):
		return "protocolVersion", fmt.Sprintf("%q is not HTTP1, HTTP2 or GRPC", e.ProtocolVersion)
	}
	for i, host := range e.Hosts {
		if !isHostPattern(host) {
			return "hosts", fmt.Sprintf("%q is not a host name such as web.example.org or *.example.org", host)
		}
		if slices.Contains(e.Hosts[:i], host) {
			return "hosts", fmt.Sprintf("%q is there twice", host)
		}
	}
	return "", ""
}

func isPath(path string) bool {
	return strings.HasPrefix(path, "/") && len(path) <= maxPattern-2 && !strings.ContainsAny(path, "*? \t")
}

// isHostPattern reports whether a text is a host name that may have wildcards, in any case of
// letters.
func isHostPattern(host string) bool {
	if host == "" || len(host) > maxPattern || strings.Contains(host, "..") || host[0] == '.' || host[len(host)-1] == '.' {
		return false
	}
	return strings.IndexFunc(host, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-.*?", r))
	}) < 0
}

// Validate reports what is wrong, in the words of a job file.
func (e *Expose) Validate() *Error {
	if field, problem := e.problem(); field != "" {
		return Errorf(KindInvalidParameter, "expose.%s: %s", field, problem)
	}
	return nil
}

// normalize returns the form that is kept.
func (e *Expose) normalize() *Expose {
	if e == nil {
		return nil
	}
	n := *e
	n.Hosts = slices.Clone(e.Hosts)
	for i, host := range n.Hosts {
		n.Hosts[i] = strings.ToLower(host)
	}
	if n.Path != "/" {
		n.Path = strings.TrimSuffix(n.Path, "/")
	} else {
		n.Path = ""
	}
	if n.ProtocolVersion == "HTTP1" {
		n.ProtocolVersion = ""
	}
	return &n
}

// exposeProblem finds problems of expose in a job file.
func (s *JobSpec) exposeProblem() (field, problem string) {
	e := s.Expose
	if e == nil {
		return "", ""
	}
	if s.Type == JobBatch {
		return "expose", "only services and daemons have it; leave it out"
	}
	if field, problem = e.problem(); field != "" {
		return "expose." + field, problem
	}
	if s.NetworkMode == NetworkNone {
		return "expose", "its containers have no network (networkMode none)"
	}
	if e.Container != "" && exposedContainer(e, s.Containers) < 0 {
		return "expose.container", fmt.Sprintf("there is no container %q", e.Container)
	}
	return "", ""
}

// exposedContainer returns the index of the container whose port is exposed; negative if there is
// none of that name.
func exposedContainer(e *Expose, containers []ContainerDefinition) int {
	if e.Container != "" {
		return slices.IndexFunc(containers, func(c ContainerDefinition) bool { return c.Name == e.Container })
	}
	for i := range containers {
		if mapsPort(&containers[i], e.Port) {
			return i
		}
	}
	return min(0, len(containers)-1)
}

func mapsPort(c *ContainerDefinition, port int32) bool {
	return slices.ContainsFunc(c.PortMappings, func(m PortMapping) bool {
		return deref(m.ContainerPort) == port && cmp.Or(m.Protocol, "tcp") == "tcp"
	})
}

// withExposedPort returns the containers of the job, in which the exposed port is mapped.
func (s *JobSpec) withExposedPort() []ContainerDefinition {
	containers := slices.Clone(s.Containers)
	if s.Expose == nil {
		return containers
	}
	if i := exposedContainer(s.Expose, containers); i >= 0 && !mapsPort(&containers[i], s.Expose.Port) {
		containers[i].PortMappings = append(slices.Clone(containers[i].PortMappings), PortMapping{ContainerPort: new(s.Expose.Port)})
	}
	return containers
}
