package logs

import (
	"context"
	"math"
	"os"
	"path/filepath"
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
		l.keepInstance()
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
		l.forget(s)
	}
}

// keepBounds removes the oldest segments until a stream, its task and the instance are within their
// bounds.
func (l *Logs) keepBounds(s *stream) {
	for s.bytes() > l.cfg.Container {
		if seg, ok := s.oldest(); !ok || !s.remove(seg.number) {
			break
		}
	}
	var task []*stream
	for _, other := range l.all() {
		if other.about.Task == s.about.Task {
			task = append(task, other)
		}
	}
	removeOldest(task, func() bool {
		var sum int64
		for _, other := range task {
			sum += other.bytes()
		}
		return sum > l.cfg.Task
	})
	l.keepInstance()
}

func (l *Logs) keepInstance() {
	over := func() bool {
		l.sizes.Lock()
		defer l.sizes.Unlock()
		return l.bytes > l.cfg.Instance
	}
	if !over() {
		return
	}
	streams := l.all()
	removeOldest(streams, over)
	for _, s := range streams {
		l.forget(s)
	}
}

// removeOldest removes the segments of streams that grew last the longest time ago, while there are
// too many.
func removeOldest(streams []*stream, tooMany func() bool) {
	for tooMany() {
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

func (s *stream) bytes() (sum int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, seg := range s.segments {
		sum += seg.size + fileCost
	}
	return sum
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
