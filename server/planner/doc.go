// Package planner is the serial point between plans and the log. Workers make plans side by side,
// each on a snapshot that the others cannot see, so two plans may want the same room. Here they
// come one after the other: each is checked on the newest state with the scheduler's own fit
// arithmetic, what still fits is committed as one log entry, and what does not is given back to be
// planned again.
//
// The invariant: a plan is checked on state that holds every plan committed before it. So the
// planner waits for each entry to be applied before it looks at the next plan, and ends when the
// fate of an entry is unknown, for then it cannot know what is taken.
//
// A plan of which something was refused leaves its evaluation open. The worker plans again on newer
// state, where what was committed is counted already.
package planner
