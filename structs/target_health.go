package structs

import (
	"slices"
	"strconv"
)

// ReportTargets is what ingress instances saw of targets. Each target keeps one verdict: what most
// of those that check it saw.
type ReportTargets struct {
	Reports []TargetSighting `cbor:"1,keyasint"`
	At      Time             `cbor:"2,keyasint"`
}

// CommandType implements Command.
func (ReportTargets) CommandType() CommandType { return CmdReportTargets }

// TargetSighting is one report.
type TargetSighting struct {
	Instance string       `cbor:"1,keyasint"` // whose report it is
	Report   TargetReport `cbor:"2,keyasint"`
	// Checkers are the instances that check the target now, one of them Instance. What others saw
	// no longer counts.
	Checkers []string `cbor:"3,keyasint"`
}

// SetDrained records that no request is open any more on tasks that were asked to stop, or that
// those that are have had their time: their containers may be stopped. Targets of users that were
// deregistered are removed. What is not draining is left unchanged.
type SetDrained struct {
	Tasks   []string        `cbor:"1,keyasint,omitzero"`
	Targets []DrainedTarget `cbor:"2,keyasint,omitzero"`
	At      Time            `cbor:"3,keyasint"`
}

// CommandType implements Command.
func (SetDrained) CommandType() CommandType { return CmdSetDrained }

// DrainedTarget names a target that a user registered and then deregistered.
type DrainedTarget struct {
	TargetGroup string `cbor:"1,keyasint"`
	Target      string `cbor:"2,keyasint"`
	Port        int32  `cbor:"3,keyasint"`
}

// String returns the key as DrainReport has it.
func (k DrainedTarget) String() string {
	return k.TargetGroup + "/" + k.Target + ":" + strconv.Itoa(int(k.Port))
}

// Key returns the key of the target.
func (t *Target) Key() DrainedTarget { return DrainedTarget{t.TargetGroup, t.Target, t.Port} }

// Drains reports whether the task waits for the end of the requests that are open on its targets.
func (t *Task) Drains() bool {
	return len(t.Targets) > 0 && t.DesiredStatus == TaskStopped && t.Holds() && t.DrainedAt == 0
}

// See merges what an instance saw into the health of a target, and returns whether that changed
// anything. checkers are the instances that check it; nobody else counts.
//
// The first check that passes makes a new target healthy (elbv2). Every other change takes more
// than half of the checkers, so that one with a broken network takes out nothing.
func (h *TargetHealth) See(in TargetSeen, checkers []string) (changed bool) {
	now := in.At
	if !slices.Contains(checkers, in.Instance) {
		return false
	}
	was := *h
	for _, s := range h.Seen { // one that only repeats what is known changes nothing
		if again := in; s.Instance == in.Instance {
			if again.At = s.At; again == s {
				in = s
			}
		}
	}
	h.Seen = slices.DeleteFunc(slices.Clone(h.Seen), func(s TargetSeen) bool {
		return s.Instance == in.Instance || !slices.Contains(checkers, s.Instance)
	})
	at, _ := slices.BinarySearchFunc(h.Seen, in.Instance, func(s TargetSeen, id string) int {
		if s.Instance < id {
			return -1
		}
		return 1
	})
	h.Seen = slices.Insert(h.Seen, at, in)
	healthy, unhealthy := 0, 0
	for _, s := range h.Seen {
		switch s.State {
		case TargetHealthy:
			healthy++
		case TargetUnhealthy:
			unhealthy++
		}
	}
	switch new := h.State == "" || h.State == TargetInitial; {
	case 2*healthy > len(checkers), new && healthy > 0:
		h.State = TargetHealthy
	case 2*unhealthy > len(checkers):
		h.State = TargetUnhealthy
	case new:
		h.State = TargetInitial
	}
	if h.State != was.State {
		h.Since = now
	}
	if in.State == h.State { // the newest one who agrees says why
		h.Reason, h.Description = in.Reason, in.Description
	}
	return h.State != was.State || h.Reason != was.Reason || h.Description != was.Description || !slices.Equal(h.Seen, was.Seen)
}
