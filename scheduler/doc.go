// Package scheduler decides how many tasks a job needs and where they go. It is the only place where placement is decided.
//
// One call, Schedule, turns a view of state, an evaluation, the time and a seed into a plan: the tasks to place, and for
// those that found no place the reasons why. It is pure: it reads nothing but its input, keeps nothing between calls, and
// the same input gives the same plan. So there is no clock here, no random but what grows from the seed, and no order
// of a Go map. Nothing is committed by it; simulating is calling it and throwing the plan away.
//
// The work is in two halves that know nothing of each other:
//
//   - reconcile.go says how many tasks are lacking, and for which job. It never looks at what is free.
//   - place.go says where they go. It never looks at why they are lacking. Filters (filter_*.go, one rule each) rule
//     instances out, a strategy (strategy_*.go) orders those that are left.
//
// The arithmetic of what fits is in fit.go. The planner uses the same (Room) to re-check a plan on the newest state, so
// the two cannot disagree.
//
// To add a filter: write filter_NAME.go with one function that says by how much an instance falls short, put it into
// the list in fit.go at the place where its reason matters, give it a row in filter_test.go and a file in testdata. If
// it limits how many tasks of a kind an instance takes, and not only whether it takes one, Room must know it too.
package scheduler
