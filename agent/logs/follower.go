package logs

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/wait"
)

const (
	// gather is the pause after records were read, in which more can come. It bounds what a
	// container that writes much costs.
	gather = 5 * time.Millisecond
	// rewatch is how often a file is looked at that cannot be watched.
	rewatch = 50 * time.Millisecond
	// tryAgain is the pause after lines could not be kept.
	tryAgain = time.Second
)

// follower reads the output of one container into its stream, until the container has ended and
// was read to its end. The goroutine of run owns it but for the fields in the second part.
type follower struct {
	logs   *Logs
	stream *stream
	id     string
	log    *slog.Logger
	failed string // why lines could not be kept last, so that it is logged once
	// those who asked whether everything was read, and get the answer when more was read
	waiting  []chan bool
	complete bool // the container was read to an end

	started atomic.Int64 // when the container was started, in milliseconds; 0: never
	ended   atomic.Bool  // the engine says that the container has ended
	removed atomic.Bool  // it is being removed, or was
	news    chan struct{}
	asked   chan chan bool // each gets whether everything was read
	done    chan struct{}
}

// run reads until the container was read to its end, or ctx ends.
func (f *follower) run(ctx context.Context) {
	defer close(f.done)
	defer f.release()
	where, ok := f.find(ctx)
	switch {
	case !ok:
	case where.Driver == "none":
		f.stream.refuse("the log driver none keeps no output")
		f.linger(ctx)
	case where.Path != "" && reachable(where.Path):
		f.followFiles(ctx, &files{path: where.Path, count: where.Files, id: f.id})
	default:
		f.followEngine(ctx)
	}
}

// find asks where the output is, until the engine answers.
func (f *follower) find(ctx context.Context) (where runtime.LogFiles, ok bool) {
	err := runtime.Retry(ctx, f.log, func() (err error) {
		where, ok, err = f.logs.engine.InspectLogs(ctx, f.id)
		return err
	})
	return where, ok && err == nil
}

// reachable reports whether the engine's files can be read here: the engine is on this machine, and
// this process may.
func reachable(path string) bool {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return false
	}
	defer dir.Close()
	file, err := os.Open(path)
	if err == nil {
		file.Close()
	}
	return err == nil || errors.Is(err, fs.ErrNotExist)
}

// linger waits until the container has ended, or ctx ends.
func (f *follower) linger(ctx context.Context) {
	for ctx.Err() == nil && !f.last() {
		f.idle(ctx, nil, 0)
	}
}

// last reports whether what is read now is the last of the container. It makes the stream exist
// once the container has started.
func (f *follower) last() bool {
	if f.started.Load() != 0 {
		_ = f.stream.open() // what is read tries again, and fails for the same reason
	}
	f.complete = f.ended.Load() || f.removed.Load()
	return f.complete
}

// release ends the follower's part in its stream. A container that was started again meanwhile is
// followed again.
func (f *follower) release() {
	f.stream.mu.Lock()
	if f.stream.live--; f.stream.live == 0 {
		f.stream.close()
	}
	f.stream.mu.Unlock()
	f.logs.mu.Lock()
	delete(f.logs.followers, f.id)
	f.logs.mu.Unlock()
	if f.complete && !f.ended.Load() && !f.removed.Load() {
		f.logs.follow(f.stream, f.id)
	}
	f.logs.changed(f.stream) // readers may wait for the rest of an event
}

// caughtUp waits until everything that the container wrote so far is kept, or ctx ends.
func (f *follower) caughtUp(ctx context.Context) bool {
	answer := make(chan bool, 1)
	select {
	case f.asked <- answer:
	case <-f.done:
		return true
	case <-ctx.Done():
		return false
	}
	select {
	case all := <-answer:
		return all
	case <-f.done:
		return true
	case <-ctx.Done():
		return false
	}
}

// followFiles reads the engine's files.
func (f *follower) followFiles(ctx context.Context, from *files) {
	defer from.close()
	w := f.logs.changes.on(filepath.Dir(from.path))
	defer w.off()
	if !f.resume(ctx, from) {
		return
	}
	opening, end := context.WithCancel(ctx)
	var opener sync.WaitGroup
	opener.Go(func() { f.openNew(opening, from) })
	defer opener.Wait()
	defer end()
	for ctx.Err() == nil {
		last := f.last()
		armed := w.arm() // before the files are read, so that no change is missed
		read := time.Now()
		err := f.drain(from)
		f.report(err)
		switch {
		case err == nil && (last || errors.Is(armed, fs.ErrNotExist)):
			return
		case err == nil && armed != nil:
			f.idle(ctx, nil, rewatch)
		case err == nil:
			f.idle(ctx, w.changed, 0)
			time.Sleep(gather - time.Since(read))
		case f.removed.Load():
			f.giveUp(from)
			return
		default:
			f.report(from.shed(f.stream, 0)) // the disk may be full, and they take space
			f.idle(ctx, nil, tryAgain)
		}
	}
}

// openNew opens the engine's new files as soon as they are there, until ctx ends: who reads may be
// kept by a slow disk, and the engine removes the oldest files meanwhile.
func (f *follower) openNew(ctx context.Context, from *files) {
	w := f.logs.creations.on(filepath.Dir(from.path))
	defer w.off()
	if w.arm() != nil {
		return
	}
	wait.Nudge(w.changed) // files may have come before the watch
	for {
		select {
		case <-w.changed:
			_, _ = from.renew() // who reads looks too, and reports what fails
		case <-ctx.Done():
			return
		}
	}
}

// resume finds the place in the files up to which the stream has them, until that succeeds.
func (f *follower) resume(ctx context.Context, from *files) bool {
	var b wait.Backoff
	for {
		at, err := f.stream.position()
		if err == nil {
			err = from.resume(at)
		}
		if f.report(err); err == nil {
			return true
		}
		from.close()
		if f.removed.Load() || !b.Wait(ctx) {
			return false
		}
	}
}

// drain keeps everything that is there.
func (f *follower) drain(from *files) error {
	for {
		more, err := from.read(f.stream)
		if err != nil {
			return err
		}
		newer, err := from.renew() // at once, as the engine may remove files before they are read
		if err != nil {
			return err
		}
		if err := from.shed(f.stream, heldBytes); err != nil {
			return err
		}
		if !more && !newer && !from.emptied() {
			return nil
		}
	}
}

// report logs why lines cannot be kept, and that they can be again, once each, and tells those who
// wait for it.
func (f *follower) report(err error) {
	switch {
	case err != nil && f.failed == "":
		f.log.Warn("cannot keep the output of a container; trying again", "error", err)
		f.failed = err.Error()
	case err == nil && f.failed != "":
		f.log.Info("the output of a container is kept again")
		f.failed = ""
	}
	for _, answer := range f.waiting {
		answer <- err == nil
	}
	f.waiting = nil
}

// giveUp counts the lines that cannot be kept of a container that is removed.
func (f *follower) giveUp(from *files) {
	for len(from.queue) > 0 {
		lines := from.rest()
		from.drop()
		if err := f.stream.miss(lines, from.place()); err != nil {
			return
		}
	}
}

// idle waits for news: a change of the files, somebody who asks, or the end of a time, if it is not
// zero.
func (f *follower) idle(ctx context.Context, changed <-chan struct{}, at time.Duration) {
	var over <-chan time.Time
	if at != 0 {
		over = time.After(at)
	}
	select {
	case <-changed:
	case <-over:
	case <-f.news:
	case answer := <-f.asked:
		f.waiting = append(f.waiting, answer)
	case <-ctx.Done():
	}
}
