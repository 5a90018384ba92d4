// Package simulator says what would happen: it forks a snapshot of state, applies commands to the
// fork through the real state machine, and runs the real loop on it until all has come to rest.
// That is: evaluations that are ready, oldest first → scheduler.Schedule → the planner's own check
// → ApplyPlan. So what it says is what then happens, by construction and not by a second set of
// rules; a property test holds the two together.
//
// Three things stand in for the world. Agents, as long as they are connected, do at once what they
// are asked to: a task that was placed is RUNNING and HEALTHY, one that was asked to stop is
// STOPPED. Nothing fails. When nothing is left to do, time moves on to the next evaluation that
// waits for its time. What the fork does not share with the real state is thrown away.
package simulator
