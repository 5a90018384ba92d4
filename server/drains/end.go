package drains

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/gantry-project/gantry/endpoints"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// idle is how long to wait if no time will come at which something ends.
const idle = time.Hour

// end writes down which waits are over, and returns how long until the next delay is.
func (d *Drains) end(ctx context.Context) (wait time.Duration, err error) {
	if len(d.items) == 0 {
		return idle, nil
	}
	snap, now := d.config.Snapshot(), d.config.Now()
	if d.used == nil {
		d.used = endpoints.UsedGroups(snap)
	}
	ingress := d.hears(snap)
	next, cmd := now+structs.Time(idle.Milliseconds()), structs.SetDrained{At: now}
	for _, key := range slices.Sorted(maps.Keys(d.items)) {
		i := d.items[key]
		until, served := d.until(snap, i)
		switch {
		case len(cmd.Tasks)+len(cmd.Targets) == limit:
			next = now
		case served && now < until && (d.held(snap, i) || !d.done(i, ingress)):
			next = min(next, until)
		case i.task != nil:
			cmd.Tasks = append(cmd.Tasks, i.task.ID)
		default:
			cmd.Targets = append(cmd.Targets, i.user.Key())
		}
	}
	if len(cmd.Tasks)+len(cmd.Targets) > 0 {
		if _, err := d.config.Apply(ctx, cmd); err != nil {
			return 0, err
		}
	}
	return time.Duration(next-now) * time.Millisecond, nil
}

// hears forgets what instances said that are no connected ingress instances any more, and returns
// those that are.
func (d *Drains) hears(snap *state.Snapshot) []string {
	ingress := snap.Ingress()
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.DeleteFunc(d.reports, func(id string, _ heard) bool {
		_, found := slices.BinarySearch(ingress, id)
		return !found
	})
	return ingress
}

// held reports whether a task still gets new requests, since no other can take them yet. Only what
// ingress instances report about later states says that they are over.
func (d *Drains) held(snap *state.Snapshot, i *item) bool {
	if i.task == nil || !endpoints.Held(snap, i.task) {
		return false
	}
	i.index = snap.Index() + 1
	return true
}

// done reports whether no ingress instance has a request open on an item. What has ended once does
// not begin again.
func (d *Drains) done(i *item, ingress []string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range ingress {
		if h, ok := d.reports[id]; !ok || h.index < i.index || h.open[i.key] {
			return false
		}
	}
	return true
}

// until returns when the delay of an item is over, and whether a listener forwards to it at all.
func (d *Drains) until(snap *state.Snapshot, i *item) (at structs.Time, served bool) {
	if i.user != nil {
		return i.user.DrainUntil, d.used[i.user.TargetGroup]
	}
	since := i.task.StoppingAt
	if since == 0 {
		since = i.since
	}
	for n := range i.task.Targets {
		if g := snap.TargetGroup(i.task.Targets[n].TargetGroup); g != nil && d.used[g.ID] {
			at, served = max(at, since+structs.Time(g.Deregistration())*1000), true
		}
	}
	return at, served
}
