// Package simulator predicts what would happen. It forks a snapshot of state, applies commands to
// the fork through the real state machine, and runs the real loop on it until everything has
// settled: ready evaluations, oldest first → scheduler.Schedule → the planner's own check →
// ApplyPlan. So its predictions are right by construction, not by a second set of rules; a property
// test compares it with what then happens.
//
// Three assumptions replace the real world. Connected agents do at once what they are asked: a
// placed task is RUNNING and HEALTHY, and one that was asked to stop is STOPPED.
// Nothing fails. When nothing is left to do, time moves on to the next evaluation that waits for
// its time. The fork is thrown away at the end.
package simulator
