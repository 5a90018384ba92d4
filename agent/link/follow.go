package link

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gantry-project/gantry/agent/wait"
	"github.com/gantry-project/gantry/structs"
)

// streamSilence is how long a stream may be silent before it counts as lost. A connection whose
// other end has vanished looks like an idle one.
const streamSilence = 15 * time.Second

// leaseWait is the longest wait before another registration or stream is tried: the lease runs
// until the agent beats on a stream again.
const leaseWait = 250 * time.Millisecond

// sayAgain is how often it is logged that there is still no stream.
const sayAgain = time.Minute

// follow reads the instance's stream until ctx ends, and opens another when one ends. It registers
// the instance again with servers that have forgotten it.
func (l *Link) follow(ctx context.Context) {
	b := wait.Backoff{Most: leaseWait}
	var said time.Time // when a failure was last logged; zero: streams work
	works := func() {
		b.Reset()
		if !said.IsZero() {
			said = time.Time{}
			l.log.Info("a stream of assignments is open again")
		}
	}
	for ctx.Err() == nil {
		err := l.followStream(ctx, works)
		if ctx.Err() != nil {
			return
		}
		if errors.Is(err, errMoves) {
			l.log.Info("opening another stream of assignments", "reason", err)
			continue
		}
		if time.Since(said) >= sayAgain { // without servers this fails several times a second
			l.log.Warn("lost the stream of assignments; opening another, tasks run on", "error", err)
			said = time.Now()
		}
		if structs.KindOf(err) == structs.KindResourceNotFound {
			l.registerAgain(ctx)
		}
		b.Wait(ctx)
	}
}

// followStream reads one stream until it ends. It calls works for each frame.
func (l *Link) followStream(ctx context.Context, works func()) error {
	stream, err := l.cfg.Server.Stream(ctx, l.cfg.Instance, l.version())
	if err != nil {
		return err
	}
	defer stream.Close()
	defer context.AfterFunc(ctx, func() { stream.Close() })()
	beating, stop := context.WithCancel(ctx)
	defer stop()
	l.work.Go(func() { l.beat(beating, stream) })
	if l.cfg.Handler != nil {
		l.work.Go(func() { l.takeCalls(beating) })
	}
	if l.cfg.Traffic != nil {
		l.work.Go(func() { l.takeTraffic(beating) })
	}
	for {
		silence := time.AfterFunc(streamSilence, func() { stream.Close() })
		frame, err := stream.Next()
		silence.Stop()
		if err != nil {
			return err
		}
		if frame.Full && frame.Index < l.index { // it lacks tasks that should run here
			return fmt.Errorf("the server's state (index %d) is older than what this agent has seen (%d)",
				frame.Index, l.index)
		}
		if frame.Deregistered {
			l.log.Warn("this container instance was deregistered: it gets no work, and its tasks are stopped. " +
				"To have it back, start this agent again; otherwise stop the agent")
		}
		l.index = max(l.index, frame.Index)
		if frame.Network != nil {
			l.remember(frame.Network.Block)
		}
		l.inbox.put(frame)
		works()
	}
}
