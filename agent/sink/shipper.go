package sink

import (
	"context"
	"log/slog"
	"time"

	"github.com/gantry-project/gantry/agent/wait"
	"github.com/gantry-project/gantry/structs"
)

const (
	// batchEvents and batchBytes are the most that a batch has: events, and bytes of their
	// messages. One event may be larger.
	batchEvents = 20000
	batchBytes  = 4 << 20
	// quietFor is how long a stream that does not grow is read on. A multiline event is complete
	// only a while after its last line.
	quietFor = 30 * time.Second
	// noteEvery is how often the note is written while there is much to ship.
	noteEvery = time.Second
)

// Store has the streams of an instance. Its methods may be called from many goroutines.
type Store interface {
	// Streams returns all streams, with their Lines and Removed. Times may be missing in them.
	Streams() []structs.LogStream
	// Read returns events of a stream after a position, in order: at most so many, and no more once
	// their messages have so many bytes. It returns one at least if there is any.
	Read(task, container, after string, most, bytes int) ([]structs.LogEvent, error)
}

// Batch is events of one stream, in order.
type Batch struct {
	Stream structs.LogStream
	Events []structs.LogEvent
}

// Target is where output is shipped to. Only one goroutine uses it.
type Target interface {
	// Ship returns once the target has the batch for good.
	Ship(ctx context.Context, b Batch) error
	Close() error
}

// Config is what a Shipper needs.
type Config struct {
	Store  Store
	Target Target
	Name   string // of the target, for people
	File   string // where it notes up to where the target has each stream
	// AwslogsOnly ships only streams of containers whose log driver is awslogs.
	AwslogsOnly bool
	// Interval is how often is looked for new events.
	Interval time.Duration
	Logger   *slog.Logger
}

// Shipper ships the streams of one store to one target. Make it with New, and call Run once.
type Shipper struct {
	config Config
	log    *slog.Logger
	note   note
	noted  time.Time       // when the note was written last
	quiet  map[string]calm // streams by their key
	broken bool            // the last attempt failed, and that was said
}

// calm is a stream that was read to its end.
type calm struct {
	bytes int64
	since time.Time
}

// New returns a shipper that goes on where the last one with the same file stopped.
func New(c Config) (*Shipper, error) {
	n, err := readNote(c.File)
	if err != nil {
		return nil, err
	}
	return &Shipper{config: c, log: c.Logger.With("sink", c.Name), note: n, quiet: map[string]calm{}}, nil
}

// Run ships until ctx ends.
func (s *Shipper) Run(ctx context.Context) {
	defer s.config.Target.Close()
	var backoff wait.Backoff
	for ctx.Err() == nil {
		err := s.round(ctx)
		if noteErr := s.writeNote(); err == nil {
			err = noteErr
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			if !s.broken {
				s.log.Warn("cannot ship the output of containers; it stays on this instance, within its bounds, until the sink takes it", "error", err)
			}
			s.broken = true
			backoff.Wait(ctx)
			continue
		}
		if s.broken {
			s.log.Info("the sink takes the output of containers again")
		}
		s.broken, backoff = false, wait.Backoff{}
		select {
		case <-time.After(s.config.Interval):
		case <-ctx.Done():
		}
	}
}

// round ships what is new in every stream.
func (s *Shipper) round(ctx context.Context) error {
	there := map[string]bool{}
	for _, stream := range s.config.Store.Streams() {
		if stream.Unreadable != "" || s.config.AwslogsOnly && stream.Group == "" {
			continue
		}
		key := stream.Task + "/" + stream.Container
		there[key] = true
		if was, known := s.quiet[key]; known && was.bytes == stream.Bytes && time.Since(was.since) > quietFor {
			continue
		}
		if err := s.ship(ctx, key, stream); err != nil {
			return err
		}
		if was, known := s.quiet[key]; !known || was.bytes != stream.Bytes {
			s.quiet[key] = calm{stream.Bytes, time.Now()}
		}
	}
	for key := range s.quiet {
		if !there[key] {
			delete(s.quiet, key)
		}
	}
	s.note.keep(there)
	return nil
}

// ship ships what is new in one stream.
func (s *Shipper) ship(ctx context.Context, key string, stream structs.LogStream) error {
	had := s.note.of(key)
	missing := stream.Removed - had.Lines
	for ctx.Err() == nil {
		events, err := s.config.Store.Read(stream.Task, stream.Container, had.Position, batchEvents, batchBytes)
		if err != nil {
			return err
		}
		if len(events) == 0 {
			had.Lines = max(had.Lines, stream.Lines)
			s.note.set(key, had)
			return nil
		}
		if missing > 0 {
			events[0].Dropped += missing
			missing, had.Lines = 0, stream.Removed
		}
		if err := s.config.Target.Ship(ctx, Batch{stream, events}); err != nil {
			return err
		}
		had.took(events)
		s.note.set(key, had)
		s.countDropped(stream, events)
		if time.Since(s.noted) > noteEvery {
			if err := s.writeNote(); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// countDropped says how many lines before some events never came to the target.
func (s *Shipper) countDropped(stream structs.LogStream, events []structs.LogEvent) {
	var dropped int64
	for _, e := range events {
		dropped += e.Dropped
	}
	if dropped > 0 {
		s.note.Dropped += dropped
		s.log.Warn("lines of a container were dropped before the sink could take them",
			"task", stream.Task, "container", stream.Container, "lines", dropped, "all", s.note.Dropped)
	}
}

func (s *Shipper) writeNote() error {
	s.noted = time.Now()
	return s.note.write(s.config.File)
}
