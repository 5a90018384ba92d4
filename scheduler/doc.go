// Package scheduler decides how many tasks a job needs, which of them go, and, by package place,
// where new ones start. No other package decides that.
//
// One call, Schedule, turns a view of state, an evaluation, the time and a seed into a plan: the
// tasks to start and to stop and, for tasks that found no place, the reasons why. It is pure: it
// reads nothing but its input, keeps nothing between calls, and returns the same plan for the same
// input. So there is no clock here, no randomness except what grows from the seed, and nothing
// depends on the order of a Go map. Schedule commits nothing; a simulation calls it and throws the
// plan away.
//
// There is a file reconcile_*.go for each type of job. It never looks at what is free on the
// instances. It asks package place, which in turn never looks at why tasks are lacking: the two
// meet in place.Request and place.Result.
//
// A look at a service goes through these files:
//
//	reconcile_service.go  the order of its steps: stop, start, settle
//	fleet.go, health.go   what the service has: its tasks, sorted by how they are
//	deployment.go         completes rollouts, fails them and rolls them back
//	shift.go              the stages of a deployment that moves traffic; revision_pair.go keeps both revisions up
//	scale_in.go           which task goes first, by the counts of balance.go
//	rebalance.go          which tasks are better off elsewhere
//	lost.go, backoff.go   what lost instances and failing tasks bring about
//	share_service.go      the shares of capacity providers
//	events.go             what users are told of all this
//
// Tasks of batch jobs that find no room wait in line (queue_turn.go). partial_plan.go cuts a plan
// down to the placements that still fit.
package scheduler
