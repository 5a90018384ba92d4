// Package place decides where tasks go. Package scheduler decides how many there are. Like it, this
// package is pure; it knows nothing about deployments or why tasks are lacking.
//
// Find takes a Request for tasks that are all alike, and returns a Result: an instance for each
// task that found a place, and the reasons for the others. Filters (filter_*.go, one rule each)
// exclude instances; strategies (strategy_*.go, one each) order the rest. share.go divides the
// tasks among capacity providers, and a Placer chooses instead of the strategies (offer.go).
// explain.go reports what was excluded, and remedy.go what would change that. Preempt finds the
// less important tasks that make way for those without a place.
//
// State keeps like instances together, in the order of their free resources (structs.HostClass).
// candidate.go takes only as many of them as the tasks need, so a task costs the same in a large
// cluster as in a small one.
//
// The arithmetic of what fits is in fit.go. The planner uses the same code (Checker) to check a
// plan again on the newest state, so the two cannot disagree.
//
// To add a filter, write filter_NAME.go with a function that returns how much an instance lacks,
// one that describes that in words, and one that returns which change of the instance would satisfy
// the rule, if any can. Add them to the list in fit.go at the place where the reason matters, and
// state there whether all instances of a class are alike to it. Add a row to filter_test.go and a
// file to the scheduler's testdata. If the filter limits how many tasks of a kind an instance
// takes, and not only whether it takes one, room (ask.go) must know it too.
package place
