package logs

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// keepInterval is how often lines are looked for that are too old.
const keepInterval = time.Minute

// keeper removes what is too old, until ctx ends.
func (l *Logs) keeper(ctx context.Context) {
	ticker := time.NewTicker(min(keepInterval, l.cfg.Age))
	defer ticker.Stop()
	for {
		l.removeOld()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// removeOld removes the segments that are too old, and the streams that have nothing left.
func (l *Logs) removeOld() {
	oldest := l.now() - structs.Time(l.cfg.Age.Milliseconds())
	for _, s := range l.all() {
		for {
			seg, ok := s.oldest()
			if !ok || seg.written >= oldest || !s.remove(seg.number) {
				break
			}
		}
		l.makeRoom(s, 0) // the bounds may be smaller than those of an earlier process
		l.forget(s)
	}
}

// sizes are the bytes on disk. It is safe for concurrent use.
type sizes struct {
	mu   sync.Mutex
	all  int64
	task map[string]int64
}

// grow adds to the bytes of a stream.
func (z *sizes) grow(s *stream, by int64) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.all += by
	if z.task[s.about.Task] += by; z.task[s.about.Task] == 0 {
		delete(z.task, s.about.Task)
	}
	s.bytes += by
}

// makeRoom removes the oldest segments until a stream, its task and the instance are within their
// bounds with so many bytes more.
func (l *Logs) makeRoom(s *stream, more int64) {
	more += 2 * fileCost // a mark, or another segment
	z := &l.sizes
	over := func(size *int64, bound int64) func() bool {
		return func() bool {
			z.mu.Lock()
			defer z.mu.Unlock()
			return *size+more > bound
		}
	}
	removeOldest(over(&s.bytes, l.cfg.Container), func() []*stream { return []*stream{s} })
	ofTask := func() bool {
		z.mu.Lock()
		defer z.mu.Unlock()
		return z.task[s.about.Task]+more > l.cfg.Task
	}
	removeOldest(ofTask, func() []*stream {
		return slices.DeleteFunc(l.all(), func(other *stream) bool { return other.about.Task != s.about.Task })
	})
	removeOldest(over(&z.all, l.cfg.Instance), l.all)
}

// removeOldest removes the segments of streams that grew last the longest time ago, while there is
// too much.
func removeOldest(tooMuch func() bool, of func() []*stream) {
	if !tooMuch() {
		return
	}
	for streams := of(); tooMuch(); {
		var from *stream
		var number uint32
		var written structs.Time = math.MaxInt64
		for _, s := range streams {
			if seg, ok := s.removable(); ok && seg.written < written {
				from, number, written = s, seg.number, seg.written
			}
		}
		if from == nil || !from.remove(number) {
			return
		}
	}
}

// all returns all streams.
func (l *Logs) all() []*stream {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]*stream, 0, len(l.streams))
	for _, s := range l.streams {
		list = append(list, s)
	}
	return list
}

// forget forgets a stream that has nothing left and nobody who writes.
func (l *Logs) forget(s *stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.segments) > 0 || s.live > 0 || l.streams[s.key] != s {
		return
	}
	delete(l.streams, s.key)
	os.Remove(s.dir) // these two fail if others are in them
	os.Remove(filepath.Dir(s.dir))
}

func (s *stream) oldest() (segment, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.segments) == 0 {
		return segment{}, false
	}
	return s.segments[0], true
}

// removable returns the oldest segment, unless it is being written.
func (s *stream) removable() (segment, bool) {
	seg, ok := s.oldest()
	s.mu.Lock()
	defer s.mu.Unlock()
	return seg, ok && (len(s.segments) > 1 || s.live == 0)
}
