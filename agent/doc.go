// Package agent runs the tasks of one container instance: it takes assignments from a stream, runs
// one runner per task on a Runtime, and reports what it sees. It knows neither HTTP nor Docker:
// Server and Runtime are what it needs of them.
//
// # States
//
// A task's status only grows. The runner, which alone writes it, takes it through
//
//	PENDING       images are pulled, then containers created in the order of the definition
//	ACTIVATING    containers are started, in the same order
//	RUNNING       every container has started
//	DEACTIVATING  the end began: asked for by the server, or because an essential container ended
//	STOPPING      SIGTERM went to what still runs, SIGKILL follows after stopTimeout
//	DEPROVISIONING, STOPPED
//
// Steps that a task has no need of are skipped: one whose containers have all ended is STOPPED at
// once. What to do next is decided from the containers' phases alone (decide.go, pure), so a runner
// that finds containers of an earlier process goes on from where they are: adoption is not a path
// of its own. Nothing is on disk but the instance's id; containers and the server's record of the
// task are the memory of a restart. A container is never started twice. Nothing that the runtime
// refuses is tried again (the scheduler decides about another task); an engine that does not answer
// is asked again until it does.
//
// # Threads, and who owns what
//
//	Run        registers, then reads the stream; opens another when one ends. Containers do not notice, nor does it wait for them:
//	           what servers say goes through the inbox.
//	act        one goroutine; brings the runners to what is in the inbox.
//	runner     one goroutine per task that has not ended; owns its parts and its update. Others may only stop, poke,
//	           show it a list or, once it has ended, republish it.
//	reporter   one goroutine; owns the updates on their way to the server, the latest per task. Runners never wait for it.
//	watch      one goroutine; turns the runtime's events into pokes. A poked runner looks at its containers.
//	sweeper    one goroutine; lists the containers every minute at least, and shows each runner those of its task; removes containers of ended tasks after CleanupWait, and ends those of tasks that are
//	           none of this agent's any more.
//	guard      one goroutine, if asked for (Config.StopOnDisconnect); kills what runs when no server answers. It is there
//	           before the instance is registered, for what an earlier process left.
//
// Agent.mu guards the map of runners and what Instance and Ready tell. An ended runner stays in the
// map until its containers are removed, and they stay until its last report is in the log: so
// neither a late frame nor a restart can start an ended task again.
//
// When Run's context ends, every goroutine ends and containers run on, for the next process to
// adopt.
package agent
