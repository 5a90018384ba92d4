package docker

import "github.com/gantry-project/gantry/agent/runtime"

// resolvers returns the DNS servers of a container and the domains in which it searches: those of
// its definition, or those that its task has. A container in network mode host or none has the
// engine's.
func resolvers(spec runtime.ContainerSpec) (servers, search []string) {
	def := &spec.Definition
	servers, search = def.DnsServers, def.DnsSearchDomains
	if len(servers) > 0 || spec.Shared.Resolver == "" || spec.NetworkMode == networkHost || spec.NetworkMode == "none" {
		return servers, search
	}
	if len(search) == 0 {
		search = spec.Shared.Search
	}
	return []string{spec.Shared.Resolver}, search
}
