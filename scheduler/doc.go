// Package scheduler decides how many tasks a job needs, which of them are stopped, and, through
// package place, where new ones start. No other package decides that.
//
// One call, Schedule, turns a view of state, an evaluation, the time and a seed into a plan: the
// tasks to start and to stop and, for tasks that found no place, the reasons. It is pure: it reads
// only its input, keeps nothing between calls, and returns the same plan for the same input. So
// there is no clock here, no randomness except what is derived from the seed, and no dependence on
// the order of a Go map. Schedule commits nothing; a simulation calls it and discards the plan.
//
// There is a file reconcile_*.go for each type of job. These files never look at the free resources
// of instances. They ask package place, which in turn never looks at why tasks are lacking: the two
// meet in place.Request and place.Result.
//
// A look at a service goes through these files:
//
//	reconcile_service.go  the order of its steps: stop, start, settle
//	fleet.go, health.go   the tasks of the service, sorted by their condition
//	deployment.go         completes rollouts, fails them and rolls them back
//	shift.go              the stages of a deployment that moves traffic; revision_pair.go keeps both revisions up
//	scale_in.go           which task is stopped first, by the counts of balance.go
//	rebalance.go          which tasks are better off elsewhere
//	lost.go, backoff.go   the reactions to lost instances and failing tasks
//	share_service.go      the shares of capacity providers
//	events.go             the events for users
//
// Tasks of batch jobs that find no room wait in line (queue_turn.go). partial_plan.go cuts a plan
// down to the placements that still fit.
package scheduler
