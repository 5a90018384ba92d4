// Package place decides where tasks go. It is pure, as package scheduler is, which decides how many
// there are; it knows nothing of deployments and of why tasks are lacking.
//
// Find takes a Request for tasks that are all alike, and returns a Result: an instance for each
// task that found a place, and for the others the reasons why. Filters (filter_*.go, one rule each)
// rule instances out; strategies (strategy_*.go, one each) order those that are left. share.go
// shares the tasks out over capacity providers, and a Placer chooses in place of the strategies
// (offer.go). explain.go tells what was ruled out, and remedy.go what would change that. Preempt
// finds the less important tasks that make way for those without a place.
//
// State keeps like instances together, in the order of what is free on them (structs.HostClass).
// candidate.go takes them from there only as far as tasks need them, so that a task costs the same
// in a large cluster as in a small one.
//
// The arithmetic of what fits is in fit.go. The planner uses the same (Checker) to re-check a plan
// on the newest state, so the two cannot disagree.
//
// To add a filter, write filter_NAME.go with a function that returns by how much an instance falls
// short, one that says so in words, and one that returns what on the instance would satisfy it, if
// anything can. Add them to the list in fit.go at the place where the reason matters, and say there
// whether all instances of a class are alike to it. Give it a row in filter_test.go and a file in
// the scheduler's testdata. If it limits how many tasks of a kind an instance takes, and not only
// whether it takes one, room (ask.go) must know it too.
package place
