package control

import (
	"context"
	"slices"

	"github.com/gantry-project/gantry/endpoints"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// maxTargetDescription bounds the description of a target's state, in bytes. elbv2's are shorter.
const maxTargetDescription = 1024

// ReportTargets records what an ingress instance saw of targets. Reports of targets that it does
// not check, and those that change nothing, are left out. Once it returns, the others are in the
// log.
func (c *Control) ReportTargets(ctx context.Context, instance string, reports []structs.TargetReport) error {
	snap := c.config.Store.Snapshot()
	checkers := endpoints.NewCheckers(snap.Ingress())
	cmd := structs.ReportTargets{At: c.Now()}
	for _, r := range reports {
		switch r.State {
		case structs.TargetInitial, structs.TargetHealthy, structs.TargetUnhealthy:
		default:
			return structs.Errorf(structs.KindInvalidParameter, "the state of a target cannot be reported as %q; use initial, healthy or unhealthy", r.State)
		}
		if len(r.Reason)+len(r.Description) > maxTargetDescription {
			return structs.Errorf(structs.KindInvalidParameter, "the description of a target's state is longer than %d bytes", maxTargetDescription)
		}
		of := checkers.OfReport(&r)
		s := structs.TargetSighting{Instance: instance, Report: r, Checkers: of}
		if slices.Contains(of, instance) && isNews(snap, &s, cmd.At) {
			cmd.Reports = append(cmd.Reports, s)
		}
	}
	if len(cmd.Reports) == 0 {
		return nil
	}
	_, err := c.config.Log.Apply(ctx, cmd)
	return err
}

// isNews reports whether a sighting would change the target that it is about.
func isNews(snap *state.Snapshot, s *structs.TargetSighting, at structs.Time) bool {
	r := &s.Report
	seen := structs.TargetSeen{Instance: s.Instance, State: r.State, Reason: r.Reason, Description: r.Description, At: at}
	if r.Task == "" {
		t := snap.Target(r.TargetGroup, r.Target, r.Port)
		if t == nil {
			return false
		}
		health := t.Health
		return health.See(seen, s.Checkers)
	}
	t := snap.Task(r.Task)
	return t != nil && slices.ContainsFunc(t.Targets, func(as structs.TaskTarget) bool {
		return as.TargetGroup == r.TargetGroup && as.Port == r.Port && as.Health.See(seen, s.Checkers)
	})
}
