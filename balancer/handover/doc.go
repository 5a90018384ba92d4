// Package handover keeps the listening sockets of a process that stops for the next one.
// Connections that come between the two wait in the kernel's queues, and are not refused. A small
// process holds the sockets meanwhile, for a few seconds at most.
package handover
