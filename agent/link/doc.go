// Package link is the connection of a container instance to the servers. It registers the instance,
// reads its stream of assignments, shows the servers that the agent is alive, and sends reports. It
// knows neither containers nor what becomes of an assignment.
//
// The stream may end at any time, and another is opened unnoticed. Frames wait in the inbox until
// Next returns them. The latest update of each task waits in the reporter until it is in the log.
// So nothing here waits for the container engine, and nobody waits for a server.
//
// # Threads
//
//	follow       one goroutine; reads the stream and opens the next
//	beat         one goroutine for each stream, as long as that is open
//	takeTraffic  one goroutine for each stream; hands on who receives traffic
//	reporter     one goroutine; owns the updates on their way
//	tellHealth   one goroutine; reports how the container engine does
package link
