package balancer

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// drains tells the leader on which draining targets requests are still open here.
type drains struct {
	balancer *Balancer
	news     chan struct{} // capacity 1
	known    map[string]bool
}

// The times of drain reports. The interval is also how late a target's connections may be cut.
const (
	drainInterval = time.Second
	drainTimeout  = 3 * time.Second
)

func (d *drains) init(b *Balancer) {
	d.balancer, d.news, d.known = b, make(chan struct{}, 1), map[string]bool{}
}

// wake has a report sent at once.
func (d *drains) wake() {
	select {
	case d.news <- struct{}{}:
	default:
	}
}

// frame has a report sent if a frame brought draining targets that were not known. Balancer.mu is
// held.
func (d *drains) frame() {
	now := map[string]bool{}
	d.balancer.eachDraining(func(t *target) { now[t.group.id+" "+t.key] = true })
	for key := range now {
		if !d.known[key] {
			d.wake()
		}
	}
	d.known = now
}

// run reports until ctx ends: when wake is called, and each second while a target drains.
func (d *drains) run(ctx context.Context) {
	tick := time.NewTicker(drainInterval)
	defer tick.Stop()
	for {
		asked := false
		select {
		case <-d.news:
			asked = true
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		report, any := d.report()
		if d.balancer.cfg.ReportDrains == nil || !any && !asked {
			continue
		}
		sending, cancel := context.WithTimeout(ctx, drainTimeout)
		if err := d.balancer.cfg.ReportDrains(sending, report); err != nil {
			d.balancer.log.Debug("cannot report open requests on draining targets; trying again", "error", err)
		}
		cancel()
	}
}

// report returns the draining targets that have open requests, and whether there is any that
// drains. It cuts connections to those whose time is over.
func (d *drains) report() (r structs.DrainReport, any bool) {
	b := d.balancer
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.cfg.Now()
	r.Index = b.index
	b.eachDraining(func(t *target) {
		any = true
		if t.Open.Load() == 0 {
			return
		}
		s := t.spec.Load()
		r.Open = append(r.Open, drainID(t.group.id, s))
		if s.DrainUntil != 0 && !now.Before(s.DrainUntil.Std()) {
			t.cut()
		}
	})
	slices.Sort(r.Open)
	r.Open = slices.Compact(r.Open)
	return r, any
}

// drainID is what DrainReport.Open calls a target.
func drainID(group string, s *structs.TrafficTarget) string {
	if s.Task != "" {
		return s.Task
	}
	return group + "/" + s.Target + ":" + strconv.Itoa(int(s.Port))
}

// eachDraining calls f for each draining target. b.mu is held.
func (b *Balancer) eachDraining(f func(*target)) {
	for _, g := range *b.groups.Load() {
		for _, t := range g.targets {
			if t.draining.Load() {
				f(t)
			}
		}
	}
}
