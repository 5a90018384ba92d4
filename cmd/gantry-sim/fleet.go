package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	goruntime "runtime"
	"sync"
	"time"
)

// fleet holds all agents of the process.
type fleet struct {
	options *options
	shared  *shared
	agents  []*simulated
	out     io.Writer
	began   time.Time
}

// simulate runs the agents until ctx ends or one of them fails.
func simulate(ctx context.Context, o *options, out io.Writer) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	log, err := o.logger()
	if err != nil {
		return err
	}
	key, err := o.key()
	if err != nil {
		return err
	}
	if o.dataDir == "" {
		if o.dataDir, err = os.MkdirTemp("", "gantry-sim-"); err != nil {
			return fmt.Errorf("make a temporary --data-dir: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.dataDir)) }()
	}
	f := &fleet{options: o, out: out, began: time.Now(), shared: &shared{
		behaviour: &behaviour{
			startDelay: o.startDelay, failureRate: o.startFailureRate, exitRate: o.exitRate, cpus: o.cpus, memory: o.memory,
		},
		gate: newGate(), meter: newMeter(), key: key,
		buffers: &sync.Pool{New: func() any { return new([maxPacket]byte) }},
	}}
	bind := netip.MustParseAddr(o.bind)
	for n := range o.agents {
		f.agents = append(f.agents, &simulated{
			options: o, shared: f.shared, log: log, name: fmt.Sprintf("sim-%05d", n), zone: string(rune('a' + n%o.zones)),
			gossip: netip.AddrPortFrom(bind, uint16(o.firstPort+n)),
		})
	}
	err = f.run(ctx)
	f.leave()
	fmt.Fprintf(out, "ended after %s: %s\n", time.Since(f.began).Round(time.Second), f.counts())
	return err
}

// run starts the agents, a few at a time, and reports progress until ctx ends.
func (f *fleet) run(ctx context.Context) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var work sync.WaitGroup
	work.Go(func() { f.tell(ctx) })
	work.Go(func() { f.shared.gate.run(ctx) })
	places := make(chan struct{}, f.options.ramp)
	for _, a := range f.agents {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		work.Go(func() {
			if err := a.run(ctx); err != nil && ctx.Err() == nil {
				fail(fmt.Errorf("agent %s: %w", a.name, err))
			}
		})
		work.Go(func() {
			for !a.ready() && pause(ctx, readyPoll) {
				continue
			}
			<-places
		})
	}
	<-ctx.Done()
	err := context.Cause(ctx)
	work.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// readyPoll is the time between two checks whether an agent has registered.
const readyPoll = 20 * time.Millisecond

// tell prints a report each time one is due, until ctx ends.
func (f *fleet) tell(ctx context.Context) {
	last, at, all := f.shared.meter.total(), time.Now(), false
	for pause(ctx, f.options.report) {
		total, now := f.shared.meter.total(), time.Now()
		each := now.Sub(at).Seconds() * float64(len(f.agents))
		moved := total.since(last)
		last, at = total, now
		fmt.Fprintf(f.out, "%s: %s; bytes/s of an agent, both directions: %.0f in TCP to servers and gossip, %.0f in packets of gossip\n",
			time.Since(f.began).Round(time.Second), f.counts(), float64(moved.streams)/each, float64(moved.packets)/each)
		if !all && f.ready() == len(f.agents) {
			all = true
			goruntime.GC() // now, not in the middle of what comes next
			fmt.Fprintf(f.out, "all %d instances are registered\n", len(f.agents))
		}
	}
}

func (f *fleet) counts() string {
	b := f.shared.behaviour
	return fmt.Sprintf("%d of %d instances registered, containers: %d running, %d failed to start, %d exited by themselves",
		f.ready(), len(f.agents), b.running.Load(), b.failed.Load(), b.exited.Load())
}

func (f *fleet) ready() (n int) {
	for _, a := range f.agents {
		if a.ready() {
			n++
		}
	}
	return n
}

// leave makes all agents leave gossip. An agent that nobody hears has left as well.
func (f *fleet) leave() {
	var work sync.WaitGroup
	for _, a := range f.agents {
		work.Go(func() { _ = a.leave() })
	}
	work.Wait()
}
