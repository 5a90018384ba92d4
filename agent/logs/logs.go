package logs

import (
	"cmp"
	"context"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// Config says where the output of containers is kept, and how much of it.
type Config struct {
	// Container, Task and Instance are the most bytes that are kept of one container, one task and
	// all of them. Zero means the defaults.
	Container, Task, Instance int64
	// Age is how long lines are kept at most. Zero means the default.
	Age time.Duration
}

// The defaults of a Config.
const (
	DefaultContainer = 64 << 20
	DefaultTask      = 256 << 20
	DefaultInstance  = 4 << 30
	DefaultAge       = 7 * 24 * time.Hour
	// MinBytes is the least that each of the three bounds may be.
	MinBytes = 2 * forcedSize
)

// Logs keeps the output of the containers of one instance. Make it with Open. Its methods may be
// called from many goroutines.
type Logs struct {
	cfg      Config
	dir      string
	instance string
	log      *slog.Logger
	engine   runtime.Runtime // set by Over
	// of anyChange and newFiles; nil before Start, and if the kernel has none left
	changes, creations *watches
	work               sync.WaitGroup

	mu        sync.Mutex
	ctx       context.Context // nil before Start
	streams   map[string]*stream
	followers map[string]*follower    // by the container's id
	finished  map[string]structs.Time // containers that were read to their end: when they were started
	readers   map[*reader]bool

	sizes sizes
}

// Open returns the logs that are kept in a directory.
func Open(dir, instance string, cfg Config, log *slog.Logger) *Logs {
	fill := func(to *int64, otherwise int64) {
		if *to == 0 {
			*to = otherwise
		}
	}
	fill(&cfg.Container, DefaultContainer)
	fill(&cfg.Task, DefaultTask)
	fill(&cfg.Instance, DefaultInstance)
	if cfg.Age == 0 {
		cfg.Age = DefaultAge
	}
	l := &Logs{
		cfg: cfg, dir: dir, instance: instance, log: log, streams: map[string]*stream{},
		followers: map[string]*follower{}, finished: map[string]structs.Time{}, readers: map[*reader]bool{},
		sizes: sizes{task: map[string]int64{}},
	}
	l.load()
	return l
}

// Start begins to keep the output of containers, until ctx ends.
func (l *Logs) Start(ctx context.Context) {
	changes, err := newWatches(anyChange)
	creations, otherErr := newWatches(newFiles)
	if err = cmp.Or(err, otherErr); err != nil {
		l.log.Warn("output of containers is looked for again and again", "error", err)
	}
	l.mu.Lock()
	l.changes, l.creations, l.ctx = changes, creations, ctx
	l.mu.Unlock()
	l.work.Go(func() { l.keeper(ctx) })
}

// Wait returns when everything that Start began has ended.
func (l *Logs) Wait() {
	l.work.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range []*watches{l.changes, l.creations} {
		if w != nil {
			w.close()
		}
	}
}

func (l *Logs) now() structs.Time { return structs.TimeOf(time.Now()) }

// load finds the streams on disk.
func (l *Logs) load() {
	dirs, _ := filepath.Glob(filepath.Join(l.dir, "*", "*"))
	for _, dir := range dirs {
		s := &stream{logs: l, dir: dir}
		files, err := os.ReadDir(dir) // sorted by name
		if err != nil {
			l.log.Warn("cannot read what is kept of a container's output", "directory", dir, "error", err)
			continue
		}
		for _, f := range files {
			number, err := strconv.ParseUint(strings.TrimSuffix(f.Name(), ".log"), 16, 32)
			info, infoErr := f.Info()
			if err != nil || infoErr != nil {
				continue
			}
			s.segments = append(s.segments, segment{
				number: uint32(number), size: info.Size(), written: structs.TimeOf(info.ModTime()), before: -1,
			})
		}
		if s.describe() {
			l.streams[s.key] = s
			for _, seg := range s.segments {
				l.sizes.grow(s, seg.size+fileCost)
			}
		}
	}
}

// describe reads what the first lines of the segments say about the stream. It returns false if
// there are none.
func (s *stream) describe() bool {
	for i := range s.segments {
		m, ok := s.header(s.segments[i].number)
		if ok && m.Stream != nil {
			s.segments[i].before = m.Lines
			s.settleAbout(*m.Stream)
			return true
		}
	}
	return false
}

// header returns the first line of a segment.
func (s *stream) header(number uint32) (m mark, ok bool) {
	f, err := os.Open(s.path(number))
	if err != nil {
		return m, false
	}
	defer f.Close()
	raw := make([]byte, fileCost)
	n, _ := f.ReadAt(raw, 0)
	line, _, _ := strings.Cut(string(raw[:n]), "\n")
	return parseMark([]byte(line))
}

// settleAbout sets the description.
func (s *stream) settleAbout(d description) {
	s.about, s.key = d, d.key()
	s.task, s.container = string(quoted([]byte(d.Task))), string(quoted([]byte(d.Container)))
	if d.Multiline != "" {
		s.begins, _ = regexp.Compile(d.Multiline) // it was checked when the container was created
	}
}

// stream returns the stream of a container, and makes it if there is none.
func (l *Logs) stream(d description) *stream {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.streams[d.key()]
	if s == nil {
		if d.CreatedAt == 0 {
			d.CreatedAt = l.now()
		}
		s = &stream{logs: l, dir: filepath.Join(l.dir, url.PathEscape(d.Task), url.PathEscape(d.Container))}
		s.settleAbout(d)
		l.streams[s.key] = s
	}
	return s
}
