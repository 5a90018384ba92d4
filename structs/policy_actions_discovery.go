package structs

import "strings"

// discoveryActions are the actions of Cloud Map. All of them are on AnyResource.
var discoveryActions = actionsOnAny("servicediscovery", `
	CreateHttpNamespace CreatePrivateDnsNamespace CreatePublicDnsNamespace CreateService DeleteNamespace DeleteService
	DeregisterInstance DiscoverInstances DiscoverInstancesRevision GetInstance GetInstancesHealthStatus GetNamespace
	GetOperation GetService ListInstances ListNamespaces ListOperations ListServices ListTagsForResource
	RegisterInstance TagResource UntagResource UpdateInstanceCustomHealthStatus UpdateService`)

func actionsOnAny(service, names string) map[string]actionRow {
	rows := map[string]actionRow{}
	for _, name := range strings.Fields(names) {
		rows[service+":"+name] = actionRow{}
	}
	return rows
}
