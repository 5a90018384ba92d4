package link

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/gantry-project/gantry/agent/wait"
	"github.com/gantry-project/gantry/structs"
)

const (
	// reportTimeout is how long one report may take before it counts as lost and is sent again.
	reportTimeout = 15 * time.Second
	// After a report of at least manyUpdates, updates are gathered for gatherTime before the next.
	// A machine on which many tasks start at once always has updates, and each report is an entry
	// of the log.
	manyUpdates = 5
	gatherTime  = 100 * time.Millisecond
	// passingTime is how long the update of a task on its way up may wait. Most tasks run by then,
	// and each report is an entry of the log.
	passingTime = 500 * time.Millisecond
)

// reporter sends updates to the servers. It sends those of tasks that have settled, running or not,
// at once. While a report is under way, the latest update of each task waits for the next. An
// update carries everything that is known of its task, so a skipped one loses nothing. Only one
// report is under way at a time, so updates of a task arrive in the order in which they were made.
// The reporter never gives up: an update stays until it is in the log.
type reporter struct {
	send func(context.Context, []structs.TaskUpdate) error
	log  *slog.Logger
	wake chan struct{} // capacity 1

	mu      sync.Mutex
	made    uint64 // updates so far
	waiting map[string]numbered
}

// numbered is an update and its place in the order of all.
type numbered struct {
	update structs.TaskUpdate
	number uint64
	due    time.Time // the latest time to report it
}

func newReporter(log *slog.Logger, send func(context.Context, []structs.TaskUpdate) error) *reporter {
	return &reporter{send: send, log: log, wake: make(chan struct{}, 1), waiting: map[string]numbered{}}
}

// publish hands an update over without waiting. The update must not change afterward.
func (r *reporter) publish(u structs.TaskUpdate) {
	r.mu.Lock()
	r.made++
	due := time.Now()
	if u.Status < structs.TaskRunning {
		due = due.Add(passingTime)
	}
	if before, waits := r.waiting[u.Task]; waits && before.due.Before(due) {
		due = before.due
	}
	r.waiting[u.Task] = numbered{update: u, number: r.made, due: due}
	r.mu.Unlock()
	wait.Nudge(r.wake)
}

// has reports whether an update of the task is not in the log yet.
func (r *reporter) has(task string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.waiting[task]
	return ok
}

func (r *reporter) run(ctx context.Context) {
	var b wait.Backoff
	for {
		batch, next := r.batch()
		if len(batch) == 0 {
			if !r.await(ctx, next) {
				return
			}
			continue
		}
		if err := r.report(ctx, batch); err != nil {
			if ctx.Err() != nil {
				return
			}
			r.log.Warn("cannot report what tasks do; trying again", "error", err)
			if !b.Wait(ctx) {
				return
			}
			continue
		}
		b = wait.Backoff{}
		r.confirm(batch)
		if len(batch) >= manyUpdates && !wait.Sleep(ctx, gatherTime) {
			return
		}
	}
}

// await waits until next, when an update is due, or until another comes. A zero next means that
// none waits. It returns false if ctx ended first.
func (r *reporter) await(ctx context.Context, next time.Time) bool {
	var due <-chan time.Time
	if !next.IsZero() {
		timer := time.NewTimer(time.Until(next))
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-r.wake:
	case <-due:
	case <-ctx.Done():
		return false
	}
	return true
}

func (r *reporter) report(ctx context.Context, batch []numbered) error {
	ctx, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	updates := make([]structs.TaskUpdate, len(batch))
	for i, n := range batch {
		updates[i] = n.update
	}
	return r.send(ctx, updates)
}

// batch returns the due updates, oldest first, and when the next one will be due; zero if none
// waits.
func (r *reporter) batch() (batch []numbered, next time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	for _, n := range r.waiting {
		switch {
		case !n.due.After(now):
			batch = append(batch, n)
		case next.IsZero() || n.due.Before(next):
			next = n.due
		}
	}
	slices.SortFunc(batch, func(a, b numbered) int { return cmp.Compare(a.number, b.number) })
	return batch, next
}

// confirm forgets updates that are in the log, except for tasks that have a newer one by now.
func (r *reporter) confirm(batch []numbered) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range batch {
		if r.waiting[n.update.Task].number == n.number {
			delete(r.waiting, n.update.Task)
		}
	}
}
