// Package network gives each awsvpc task of a container instance a network namespace with an
// address of its own, and connects these with the tasks of other instances. It also provides the
// namespaces of pidMode and ipcMode task. docs/task-networks.md describes the whole for users.
//
// A task's namespaces are those of a pause (agent/runtime), usually a spare one that was started
// ahead. The network namespaces of an instance's tasks end in its router, a namespace of this
// package's, by one veth each; a further veth joins router and machine, and a tunnel joins the
// router with those of other instances:
//
//	task ──veth──┐               ┌──veth── machine ── outside
//	             ├── router ─────┤
//	task ──veth──┘               └──VXLAN or WireGuard── other routers
//
// So the packets between tasks never pass the machine's own firewall, or Docker's. Addresses are
// routed one by one; there is no bridge and no broadcast.
//
// Everything is idempotent: names derive from the ids of the instance and the task, each step sets
// what should be there, and lists tell what should not. Nothing is remembered but the file saved.go
// describes, so the agent may be killed at any step.
//
//	network.go    Network: the resource of tasks, the offer and the frames
//	saved.go      what is kept on disk
//	problem.go    whether awsvpc tasks can run here
//	pool.go       spare pauses
//	space.go      network namespaces
//	router.go     the router, and the machine's side of it; firewall.go: the machine's rules
//	attach.go     a task's interface; files.go: its names and resolvers
//	peers.go      the other instances; vxlan.go, wireguard.go, routes.go: the ways to them
//	groups.go     security groups
//	leftovers.go  what is removed
//	endpoint.go   169.254.170.2, where agents answer tasks in all network modes;
//	              endpoint_notes.go: who uses it, and when it goes;
//	              endpoint_resolver.go, endpoint_connect.go: agents' own addresses in it
package network
