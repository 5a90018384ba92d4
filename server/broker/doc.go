// Package broker is the leader's queue of evaluations. Workers take them from here, one at a time
// for each job.
//
// An evaluation is in one of four states. It is ready: a worker may take it. It waits: another
// evaluation of its job is ready or with a worker, or was a moment ago. It is outstanding: a worker
// has it, and holds a token for it until it acknowledges, gives it back, or the deadline passes. It
// is delayed: its WaitUntil has not come, or a worker gave it back; it becomes ready at that time,
// or after a delay that doubles each time.
//
// The broker keeps nothing on disk and decides nothing: state determines which evaluations are
// ready, and the leader enqueues them here. A broker lives as long as one leadership. Delivery is
// at least once: a worker checks in state whether the evaluation is still open, and the planner
// refuses plans for evaluations that have been decided.
package broker
