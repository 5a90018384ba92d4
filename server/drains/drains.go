// Package drains ends the wait of tasks that were asked to stop while requests are open on them. It
// hears from the ingress instances what is open where, and writes down when nothing is, or when the
// deregistration delay of the task's target groups is over: then the agent stops the containers.
//
// What it heard is only in memory. The agents repeat it every second while anything drains, so a
// new leader soon knows it too.
package drains

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

const (
	// gather is how long reports and changes are gathered for one entry of the log.
	gather = 5 * time.Millisecond
	// again is how long to wait after an entry of the log that failed.
	again = 200 * time.Millisecond
	// limit is how many tasks one entry of the log has.
	limit = 500
)

// Config holds what Drains need. All fields are required.
type Config struct {
	Snapshot  func() *state.Snapshot
	Subscribe func(...state.Topic) *state.Subscription
	Apply     func(context.Context, structs.Command) (structs.Applied, error)
	Now       func() structs.Time
	Logger    *slog.Logger
}

// Drains are the tasks, and targets of users, that wait for the end of requests.
type Drains struct {
	config Config
	news   chan struct{} // capacity 1: there is a report

	mu      sync.Mutex
	reports map[string]heard // by ContainerInstance.ID; the newest one

	// the rest is used by Run only
	items map[string]*item // by Task.ID, or DrainedTarget in words
	used  map[string]bool  // the target groups that listeners forward to; nil: not known any more
}

// heard is a report of an ingress instance.
type heard struct {
	index uint64
	open  map[string]bool
}

// item is something that drains.
type item struct {
	key   string
	index uint64 // reports about earlier states say nothing about it
	since structs.Time
	task  *structs.Task   // as it was when it began to drain; nil for
	user  *structs.Target // a target of a user
}

// New returns Drains that do nothing until Run.
func New(c Config) *Drains {
	return &Drains{config: c, news: make(chan struct{}, 1), reports: map[string]heard{}, items: map[string]*item{}}
}

// Report takes an ingress instance's newest report. Safe for concurrent use.
func (d *Drains) Report(instance string, report structs.DrainReport) {
	h := heard{index: report.Index, open: make(map[string]bool, len(report.Open))}
	for _, key := range report.Open {
		h.open[key] = true
	}
	d.mu.Lock()
	if h.index >= d.reports[instance].index {
		d.reports[instance] = h
	}
	d.mu.Unlock()
	select {
	case d.news <- struct{}{}:
	default:
	}
}

// Run ends waits until ctx ends.
func (d *Drains) Run(ctx context.Context) error {
	sub := d.config.Subscribe(state.Topic{Kind: state.TopicTraffic})
	defer sub.Close()
	d.begin()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-sub.C:
		case <-d.news:
		case <-timer.C:
		case <-ctx.Done():
			return nil
		}
		if len(d.items) > 0 && !pause(ctx, gather) {
			return nil
		}
		d.take(sub.Take())
		wait, err := d.end(ctx)
		if err != nil && ctx.Err() == nil {
			d.config.Logger.Warn("could not write down that tasks are drained; trying again", "error", err)
			wait = again
		}
		timer.Reset(wait)
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// begin finds everything that drains in state. Reports about earlier states do not count: when each
// began is not known.
func (d *Drains) begin() {
	clear(d.items)
	d.used = nil
	snap := d.config.Snapshot()
	for t := range snap.AllTargetTasks() {
		d.addTask(t, snap.Index())
	}
	for g := range snap.TargetGroups() {
		for t := range snap.Targets(g.ID) {
			d.addUser(t, snap.Index())
		}
	}
}

// take follows changes of state.
func (d *Drains) take(events []state.Event, resync bool) {
	if resync {
		d.begin()
		return
	}
	for _, e := range events {
		switch row := e.Row.(type) {
		case *structs.Task:
			if e.Removed || !row.Drains() {
				delete(d.items, row.ID)
			} else {
				d.addTask(row, e.Index)
			}
		case *structs.Target:
			if e.Removed || row.DrainUntil == 0 {
				delete(d.items, row.Key().String())
			} else {
				d.addUser(row, e.Index)
			}
		case *structs.ContainerInstance:
		default:
			d.used = nil
		}
	}
}

func (d *Drains) addTask(t *structs.Task, index uint64) {
	if t.Drains() && d.items[t.ID] == nil {
		d.items[t.ID] = &item{key: t.ID, index: index, since: d.config.Now(), task: t}
	}
}

func (d *Drains) addUser(t *structs.Target, index uint64) {
	if key := t.Key().String(); t.DrainUntil != 0 && d.items[key] == nil {
		d.items[key] = &item{key: key, index: index, since: d.config.Now(), user: t}
	}
}
