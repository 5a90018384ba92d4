// Package scheduler decides how many tasks a job needs and where they go. It is the only place
// where placement is decided.
//
// One call, Schedule, turns a view of state, an evaluation, the time and a seed into a plan: the
// tasks to place, and for those that found no place the reasons why. It is pure: it reads nothing
// but its input, keeps nothing between calls, and the same input gives the same plan. So there is
// no clock here, no random but what grows from the seed, and no order of a Go map. Nothing is
// committed by it; simulating is calling it and throwing the plan away.
//
// The work is in two halves that know nothing of each other:
//
//   - reconcile_*.go, one for each type of job, say how many tasks are lacking, and which of a service are to stop. They
//     never look at what is free. For services, deployment.go ends rollouts, scale_in.go says which task goes first, by
//     the counts of balance.go, rebalance.go which tasks are better off elsewhere (it asks place.go), health.go and backoff.go
//     what unhealthy and failing tasks bring about, and events.go what users are told of it all.
//   - place.go says where they go. It never looks at why they are lacking. Filters (filter_*.go, one rule each) rule
//     instances out, strategies (strategy_*.go, one each) order those that are left. What was ruled out is told in explain.go,
//     and what would change it in remedy.go.
//
// State keeps like instances together, in the order of what is free on them (structs.HostClass).
// candidate.go takes them from there as far as tasks need them, so that a task costs the same in a
// large cluster as in a small one.
//
// The arithmetic of what fits is in fit.go. The planner uses the same (Checker) to re-check a plan
// on the newest state, so the two cannot disagree.
//
// To add a filter: write filter_NAME.go with a function that says by how much an instance falls
// short, one that says so in words, and one that says what on the instance would satisfy it, if
// anything can. Put them into the list in fit.go at the place where the reason matters, say there
// whether like instances are alike to it, and give it a row in filter_test.go and a file in
// testdata. If it limits how many tasks of a kind an instance takes, and not only whether it takes
// one, room (ask.go) must know it too.
package scheduler
