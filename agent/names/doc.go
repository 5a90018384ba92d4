// Package names gives the containers of an instance their resolver: the DNS server of this agent.
// It answers them in the network namespace of 169.254.170.2, at an address of its own: agents of
// several installations on one machine know different names. docs/names.md describes it for users.
//
// It is a resource of tasks, so that containers are made with that resolver. Those of a definition
// with dnsServers keep theirs, and those in network mode host the machine's resolv.conf.
package names
