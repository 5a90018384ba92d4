// Package planner is the serialization point between plans and the log. Workers make plans in
// parallel without seeing each other's, so two plans may want the same room. Here they come one
// after the other: each is checked on the newest state with the fit arithmetic of package place,
// the part that still fits is committed as one log entry, and the rest is given back to be planned
// again.
//
// The invariant: a plan is checked on state that holds every plan committed before it. So the
// planner waits for each entry to be applied before it looks at the next plan, and ends if the fate
// of an entry is unknown, because it then cannot know what is taken.
//
// A plan that was refused in part leaves its evaluation open. The worker plans again on newer
// state, which already includes the committed part (UntilCommitted).
package planner
