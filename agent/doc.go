// Package agent runs the tasks of one container instance. It connects three rooms that know nothing
// about each other or about this package:
//
//	agent/link     the connection to the servers: assignments in, reports out
//	agent/task     one task: the order of its steps, and the runner that takes them
//	agent/runtime  the seam to the container engine; agent/docker implements it
//
// Concerns of several of them are here: which task has a runner (assignments.go), cleaning up
// (sweep.go), the health of the container engine (engine_health.go), and killing tasks when the
// agent is cut off (fence.go).
//
// Only the instance's id is on disk. After a restart, the agent learns the past from the containers
// and the servers' record of the tasks.
//
// # Threads, and who owns what
//
//	link     several goroutines; see there. Frames from servers wait in it until act takes them,
//	         so the stream is read even while the engine keeps the agent waiting.
//	act      one goroutine; applies the assignments of servers to the runners.
//	runner   one goroutine for each task that has not ended; see agent/task.
//	watch    one goroutine; turns the runtime's events into pokes. A poked runner looks at its
//	         containers.
//	sweeper  one goroutine; lists the containers at least every minute, and shows each runner
//	         those of its task. It removes containers of ended tasks after CleanupWait, and ends
//	         containers of tasks that are not this agent's.
//	probe    one goroutine; asks the engine whether it works.
//	guard    one goroutine, if requested (Config.StopOnDisconnect); kills running containers when
//	         no server answers. It starts before the instance is registered, for containers that
//	         an earlier process left.
//
// Agent.mu guards the map of runners and the results of Instance and Ready. An ended runner stays
// in the map until its containers are removed, and they stay until its last report is in the log.
// So neither a late frame nor a restart can start an ended task again.
//
// When Run's context ends, every goroutine ends. Containers keep running, and the next process
// adopts them.
package agent
