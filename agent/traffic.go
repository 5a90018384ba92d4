package agent

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// TrafficReceiver gets who receives traffic, and the names of the cluster (Config.Traffic).
type TrafficReceiver interface {
	// Apply takes the next frame. Calls come one after the other; the first frame after a new
	// connection to a server is Full. Between them the last frame stays in force. The frame is
	// shared: it must not be changed.
	Apply(frame structs.TrafficFrame)
}

// TrafficReporter is a TrafficReceiver that also reports.
type TrafficReporter interface {
	TrafficReceiver
	// Begin is called once, before the first frame, when the instance is registered. ctx ends with
	// the agent, and Begin does not wait.
	Begin(ctx context.Context, instance string, reports TrafficReports)
}

// TrafficReports are what receivers of traffic tell the servers. Safe for concurrent use.
type TrafficReports interface {
	// ReportTargets sends what the instance saw of targets that it checks, and tries until it is in
	// the log or ctx ends. Another error is a refusal. Reports on one target must be sent one after
	// the other.
	ReportTargets(ctx context.Context, reports []structs.TargetReport) error
	// ReportDrains tells the leader which draining targets still have open requests here. It tries
	// each server once: repeat the newest report every second while any target is draining, and
	// send one at once when a draining target has no open request any more.
	ReportDrains(ctx context.Context, report structs.DrainReport) error
}

// trafficFan returns what hands frames to the receivers; nil if there are none.
func (a *Agent) trafficFan() func(structs.TrafficFrame) {
	if len(a.cfg.Traffic) == 0 {
		return nil
	}
	return func(frame structs.TrafficFrame) {
		for _, r := range a.cfg.Traffic {
			r.Apply(frame)
		}
	}
}

// beginTraffic tells the receivers that report who they are and where their reports go.
func (a *Agent) beginTraffic(ctx context.Context) {
	for _, r := range a.cfg.Traffic {
		if reporter, ok := r.(TrafficReporter); ok {
			reporter.Begin(ctx, a.Instance(), a.link)
		}
	}
}
