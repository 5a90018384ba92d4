package logs

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// followEngine has the engine read the output, for an engine whose files cannot be read here. It
// goes on after the time of the last record that is kept. On engines that send records twice while
// they rotate their files (20.10), they are kept twice.
func (f *follower) followEngine(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for ctx.Err() == nil {
		last := f.last()
		err := f.readEngine(ctx)
		if refusal, ok := errors.AsType[*runtime.Error](err); ok {
			f.stream.refuse(refusal.Reason)
			f.linger(ctx)
			return
		}
		f.report(err)
		if last {
			return
		}
		f.idle(ctx, nil, tryAgain) // it has ended, and whether it was started again comes as news
	}
}

// readEngine keeps what the engine sends until the container ends.
func (f *follower) readEngine(ctx context.Context) error {
	since, same, err := f.stream.newestRecord(f.id)
	if err != nil {
		return err
	}
	b := batch{to: f.stream, from: origin{Container: f.id}}
	err = f.logs.engine.FollowLogs(ctx, f.id, since, func(r runtime.LogRecord) error {
		if r.Time.Before(since) {
			return nil
		}
		if r.Time.Equal(since) && same > 0 { // it is kept
			same--
			return nil
		}
		return b.add(r)
	})
	return errors.Join(err, b.flush())
}

// batch gathers records for a moment. It is safe for concurrent use.
type batch struct {
	to   *stream
	from origin

	mu      sync.Mutex
	records []byte
	timer   *time.Timer
	failed  error
}

func (b *batch) add(r runtime.LogRecord) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed != nil {
		return b.failed
	}
	b.records = appendRecord(b.records, r.Source, r.Time, r.Line)
	if len(b.records) >= copySize {
		return b.write()
	}
	if b.timer == nil {
		b.timer = time.AfterFunc(gather, func() { b.flush() })
	}
	return nil
}

func (b *batch) flush() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.write()
}

func (b *batch) write() error {
	b.timer = nil
	if len(b.records) == 0 || b.failed != nil {
		return b.failed
	}
	if b.failed = b.to.put(b.records, b.from); b.failed == nil {
		b.from.Offset += int64(len(b.records))
		b.records = b.records[:0]
	}
	return b.failed
}

// newestRecord returns the time of the last record that is kept of a container, and how many have
// that time.
func (s *stream) newestRecord(id string) (at time.Time, same int, err error) {
	if from, err := s.position(); err != nil || from.Container != id {
		return time.Time{}, 0, err
	}
	b := newBackward(s, &structs.LogQuery{})
	for {
		more, err := b.read()
		if err != nil || !more {
			return at, same, err
		}
		lines := bytes.Split(b.raw, []byte{'\n'})
		for _, line := range slices.Backward(lines) {
			r, ok := parseRecord(line)
			if ok && same > 0 && !r.time.Equal(at) {
				return at, same, nil
			}
			if ok {
				at, same = r.time, same+1
			}
		}
	}
}
