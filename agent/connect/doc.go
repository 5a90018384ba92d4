// Package connect has containers reach services of Service Connect. It answers for each name of
// them at an address of its own, in the network namespace of 169.254.170.2, and balances what comes
// there over the service's tasks: there is a balancer for each name. docs/names.md describes it for
// users.
//
// Ports of HTTP are balanced by request, others by connection.
//
// It stands before the DNS server: frames come here first, and go on with the names added.
package connect
