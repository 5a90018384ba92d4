// Package verdicts keeps the health of targets in agreement with those who check them. What an
// instance sees is merged when it reports. But when an ingress instance comes or goes, others are
// most of those that check a target, and they have nothing new to report.
package verdicts

import (
	"context"
	"log/slog"
	"time"

	"github.com/gantry-project/gantry/endpoints"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

const (
	// settle is how long changes of instances are gathered.
	settle = time.Second
	// limit is how many verdicts one entry of the log has.
	limit = 500
)

// Config holds what Run needs. All fields are required.
type Config struct {
	Snapshot  func() *state.Snapshot
	Subscribe func(...state.Topic) *state.Subscription
	Apply     func(context.Context, structs.Command) (structs.Applied, error)
	Now       func() structs.Time
	Logger    *slog.Logger
}

// Run looks at all targets when ingress instances came or went, until ctx ends.
func (c Config) Run(ctx context.Context) error {
	sub := c.Subscribe(state.Topic{Kind: state.TopicTraffic})
	defer sub.Close()
	for look := true; ; {
		if look {
			if err := c.review(ctx); err != nil && ctx.Err() == nil {
				c.Logger.Warn("could not review the health of targets", "error", err)
			}
		}
		select {
		case <-sub.C:
		case <-ctx.Done():
			return nil
		}
		select {
		case <-time.After(settle):
		case <-ctx.Done():
			return nil
		}
		events, resync := sub.Take()
		look = resync
		for _, e := range events {
			_, instance := e.Row.(*structs.ContainerInstance)
			look = look || instance
		}
	}
}

// review repeats a report on each target whose verdict is no longer that of those who check it.
func (c Config) review(ctx context.Context) error {
	snap := c.Snapshot()
	checkers := endpoints.NewCheckers(snap.Ingress())
	cmd := structs.ReportTargets{At: c.Now()}
	for g := range snap.TargetGroups() {
		for _, t := range endpoints.Group(snap, g.ID).Targets {
			report := structs.TargetReport{TargetGroup: g.ID, Address: t.Address, Port: t.Port, Task: t.Task, Target: t.Target}
			if s, again := repeat(healthOf(snap, g.ID, &t), report, checkers.OfReport(&report)); again {
				cmd.Reports = append(cmd.Reports, s)
			}
		}
	}
	for len(cmd.Reports) > 0 {
		part := structs.ReportTargets{At: cmd.At, Reports: cmd.Reports[:min(limit, len(cmd.Reports))]}
		if _, err := c.Apply(ctx, part); err != nil {
			return err
		}
		cmd.Reports = cmd.Reports[len(part.Reports):]
	}
	return nil
}

// repeat returns what one of the checkers saw last, if that leads to another verdict now.
func repeat(h structs.TargetHealth, report structs.TargetReport, checkers []string) (structs.TargetSighting, bool) {
	for _, seen := range h.Seen {
		now := h
		if now.See(seen, checkers); now.State != h.State {
			report.State, report.Reason, report.Description = seen.State, seen.Reason, seen.Description
			return structs.TargetSighting{Instance: seen.Instance, Report: report, Checkers: checkers}, true
		}
	}
	return structs.TargetSighting{}, false
}

// healthOf returns the health of a target as state has it.
func healthOf(snap *state.Snapshot, group string, t *structs.TrafficTarget) structs.TargetHealth {
	if t.State == structs.TargetDraining {
		return structs.TargetHealth{}
	}
	if task := snap.Task(t.Task); task != nil {
		for n := range task.Targets {
			if as := &task.Targets[n]; as.TargetGroup == group && as.Port == t.Port {
				return as.Health
			}
		}
	} else if user := snap.Target(group, t.Target, t.Port); user != nil {
		return user.Health
	}
	return structs.TargetHealth{}
}
