package logs

import (
	"context"
	"time"

	"github.com/gantry-project/gantry/structs"
)

const (
	// groupsInterval is how often servers are asked from when on log groups keep events, and
	// groupsRetry after how long if none answers.
	groupsInterval = 10 * time.Minute
	groupsRetry    = time.Minute
)

// KeepGroups removes what log groups do not keep any more, until ctx ends: what is older than their
// retention, and everything of groups that were deleted. begins returns from when on each of the
// groups that exist keeps its events.
func (l *Logs) KeepGroups(ctx context.Context, begins func(ctx context.Context, groups []string) (map[string]structs.Time, error)) {
	for wait := groupsRetry; ; { // the first time soon, as the agent may have been away for long
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = groupsInterval
		groups := l.groups()
		if len(groups) == 0 {
			continue
		}
		keep, err := begins(ctx, groups)
		if err != nil {
			wait = groupsRetry
			continue
		}
		for _, group := range groups {
			begin, exists := keep[group]
			if !exists {
				begin = l.now()
			}
			l.expire(group, begin)
		}
	}
}

// groups returns the log groups of the streams.
func (l *Logs) groups() (list []string) {
	seen := map[string]bool{}
	for _, s := range l.all() {
		if g := s.about.Group; g != "" && !seen[g] {
			seen[g] = true
			list = append(list, g)
		}
	}
	return list
}

// expire removes the segments of a log group of which the last line is older than begin, but those
// that are being written.
func (l *Logs) expire(group string, begin structs.Time) {
	for _, s := range l.all() {
		if s.about.Group != group {
			continue
		}
		for {
			seg, ok := s.removable()
			if !ok || seg.written >= begin || !s.remove(seg.number) {
				break
			}
		}
		l.forget(s)
	}
}
