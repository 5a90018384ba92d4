package link

import (
	"context"
	"fmt"
	"time"

	"github.com/gantry-project/gantry/agent/wait"
	"github.com/gantry-project/gantry/structs"
)

// TrafficStream is an open stream of traffic, as Stream is one of assignments.
type TrafficStream interface {
	Next() (structs.TrafficFrame, error)
	Close() error
}

// takeTraffic hands frames of traffic to Config.Traffic until ctx ends, which is the end of the
// stream of assignments: both are of the same server, so that the beats of one prove both alive.
// While no stream is open, what was handed over last stays in force.
func (l *Link) takeTraffic(ctx context.Context) {
	l.traffic.Lock() // the one before may not have noticed yet that its stream of assignments ended
	defer l.traffic.Unlock()
	for b := (wait.Backoff{}); ctx.Err() == nil; {
		err := l.takeTrafficOnce(ctx, b.Reset)
		if ctx.Err() != nil {
			return
		}
		l.log.Debug("lost the stream of traffic; opening another, what was known stays in force", "error", err)
		b.Wait(ctx)
	}
}

// takeTrafficOnce hands over the frames of one stream until it ends. It calls works for each.
func (l *Link) takeTrafficOnce(ctx context.Context, works func()) error {
	stream, err := l.cfg.Server.Traffic(ctx, l.cfg.Instance)
	if err != nil {
		return err
	}
	defer stream.Close()
	defer context.AfterFunc(ctx, func() { stream.Close() })()
	for {
		silence := time.AfterFunc(streamSilence, func() { stream.Close() })
		frame, err := stream.Next()
		silence.Stop()
		if err != nil {
			return err
		}
		if seen := l.trafficIndex.Load(); frame.Full && frame.Index < seen { // it has targets that are gone
			return fmt.Errorf("the server's state (index %d) is older than what this agent has seen (%d)", frame.Index, seen)
		}
		if frame.Index != 0 {
			l.trafficIndex.Store(frame.Index)
		}
		l.cfg.Traffic(frame)
		works()
	}
}

// ReportTargets sends what the instance saw of targets that it checks. It tries until a server has
// it in the log, or ctx ends. Another error is a refusal.
func (l *Link) ReportTargets(ctx context.Context, reports []structs.TargetReport) error {
	for b := (wait.Backoff{}); ; {
		calling, cancel := context.WithTimeout(ctx, reportTimeout)
		err := l.cfg.Server.ReportTargets(calling, l.cfg.Instance, reports)
		cancel()
		if err == nil || refusal(err) {
			return err
		}
		l.log.Debug("cannot report the health of targets; trying again", "error", err)
		if !b.Wait(ctx) {
			return ctx.Err()
		}
	}
}

// ReportDrains tells the leader once which draining targets still have open requests here.
func (l *Link) ReportDrains(ctx context.Context, report structs.DrainReport) error {
	calling, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	return l.cfg.Server.ReportDrains(calling, l.cfg.Instance, report)
}
