// Package task takes one task from the present state of its containers to its end. It does not know
// about servers: it is told what is wanted, and reports what it sees.
//
// # What comes next
//
// An order (order.go) is the steps of a task and what each of them waits for. What can be done now
// follows from the order and from what is seen of the containers, and from nothing else (decide.go,
// pure). So a runner that finds containers of an earlier process continues from their state:
// adoption is not a separate path. The runner takes every step as soon as it can be taken.
//
// A container that waits for another one (dependencies.go) starts when that one has reached what
// dependsOn, links or volumesFrom ask for, and fails once it cannot. On the way down it ends before
// that one does.
//
// A container that ended is started again only if its restart policy says so (restarting.go).
// Nothing that the engine refuses is tried again (the scheduler decides about another task). An
// engine that does not answer is asked until it does.
//
// # Statuses
//
// A task's status only moves forward. The runner, its only writer, takes it through
//
//	PENDING       images are pulled, then containers created
//	ACTIVATING    containers are started; some may wait for others
//	RUNNING       every container has started
//	DEACTIVATING  the end began: the server asked for it, or an essential container ended
//	STOPPING      SIGTERM went to what still runs, SIGKILL follows after stopTimeout
//	DEPROVISIONING, STOPPED
//
// Steps that a task does not need are skipped: one whose containers have all ended is STOPPED at
// once. A container that is started again leaves its task RUNNING.
//
// # Threads
//
// Run is one goroutine. It owns the containers, the resources and the update of the task. Each step
// has a goroutine and a copy of what the step is about; the copy comes back to Run when the step
// has ended. All others may only stop, fence, poke and give up the runner, show it a list or, once
// it has ended, have it republish.
package task
