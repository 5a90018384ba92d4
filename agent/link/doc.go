// Package link is the connection of a container instance to the servers. It registers the instance,
// reads its stream of assignments, shows the servers that the agent is there, and reports what
// others saw. It knows neither containers nor what is done with an assignment.
//
// The stream may end at any time and another is opened; nobody else notices. What comes on it waits
// in the inbox until Next returns it. Updates wait in the reporter until they are in the log, the
// latest of each task. So nothing here waits for the container engine, and nobody waits for a
// server.
//
// # Threads
//
//	follow      one goroutine; reads the stream and opens the next
//	beat        one goroutine for each stream, as long as that is open
//	reporter    one goroutine; owns the updates on their way
//	tellHealth  one goroutine; reports how the container engine does
package link
