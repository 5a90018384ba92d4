// Package agent runs the tasks of one container instance. It joins three rooms that know nothing of
// each other, and nothing of it:
//
//	agent/link     the connection to the servers: what they assign, and what is reported to them
//	agent/task     one task: in which order its steps are taken, and the runner that takes them
//	agent/runtime  the seam to what runs containers; agent/docker implements it
//
// What concerns several of them is here: which task has a runner (assignments.go), the cleaning up
// (sweep.go), the health of the container engine (engine_health.go), and the killing when the agent
// is cut off (fence.go).
//
// Nothing is on disk but the instance's id. After a restart, the containers and the servers' record
// of the tasks say what came before.
//
// # Threads, and who owns what
//
//	link     several goroutines; see there. What servers say waits in it until act takes it, so
//	         that the stream is read even while the engine keeps the agent waiting.
//	act      one goroutine; brings the runners to what servers say.
//	runner   one goroutine for each task that has not ended; see agent/task.
//	watch    one goroutine; turns the runtime's events into pokes. A poked runner looks at its
//	         containers.
//	sweeper  one goroutine; lists the containers at least every minute, and shows each runner
//	         those of its task. It removes containers of ended tasks after CleanupWait, and ends
//	         those of tasks that are not this agent's.
//	probe    one goroutine; asks the engine whether it works.
//	guard    one goroutine, if asked for (Config.StopOnDisconnect); kills what runs when no server
//	         answers. It runs before the instance is registered, because of what an earlier
//	         process left.
//
// Agent.mu guards the map of runners and what Instance and Ready return. An ended runner stays in
// the map until its containers are removed, and they stay until its last report is in the log. So
// neither a late frame nor a restart can start an ended task again.
//
// When Run's context ends, every goroutine ends. Containers run on, and the next process adopts
// them.
package agent
