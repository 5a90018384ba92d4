package logs

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"

	"github.com/gantry-project/gantry/structs"
)

// description is what is known of a stream before its container writes. A label of the container
// and the first line of each segment have it.
type description struct {
	Cluster   string `json:"cluster"`
	Group     string `json:"group,omitzero"`
	Name      string `json:"name"`
	Region    string `json:"region,omitzero"`
	Task      string `json:"task"`
	Service   string `json:"service,omitzero"`
	Container string `json:"container"`
	Multiline string `json:"multiline,omitzero"` // matches the first line of an event

	CreatedAt  structs.Time `json:"createdAt,omitzero"`
	Unreadable string       `json:"unreadable,omitzero"`
}

// key names the stream within its instance.
func (d *description) key() string { return d.Task + "/" + d.Container }

// stream is the output of one container of a task on disk: segments, of which the newest grows.
type stream struct {
	logs *Logs
	dir  string
	// The description does not change but for Unreadable, and these follow from it: its Multiline
	// (nil: each line is an event), its key, and JSON's form of two of its texts.
	about           description
	begins          *regexp.Regexp
	key             string
	task, container string

	bytes int64 // on disk; sizes.mu guards it

	mu       sync.Mutex
	segments []segment // the oldest first
	live     int       // followers that may write
	// The rest belongs to the newest segment, and is known once settle was called.
	settled bool
	file    *os.File // nil while nobody writes
	at      origin   // of the next byte
	total   mark     // Lines, Dropped and Gaps so far; At is the last mark's
}

// segment is one file of a stream.
type segment struct {
	number  uint32
	size    int64        // of its whole lines
	written structs.Time // when it grew last
	before  int64        // lines before it; negative: not known yet
}

const (
	// segmentSize is where a segment ends, and forcedSize where it ends even within an event.
	segmentSize = 1 << 20
	forcedSize  = 2 << 20
	// markInterval is the milliseconds between two marks.
	markInterval = 1000
	// fileCost is added to the bytes of each segment: the file system has more to keep of it.
	fileCost = 4 << 10
)

func (s *stream) path(number uint32) string {
	return filepath.Join(s.dir, fmt.Sprintf("%08x.log", number))
}

// settle finds out where the newest segment ends: a crash may have left a part of a line there.
func (s *stream) settle() error {
	for !s.settled && len(s.segments) > 0 {
		newest := &s.segments[len(s.segments)-1]
		raw, err := os.ReadFile(s.path(newest.number))
		if err != nil {
			return fmt.Errorf("read the end of what is kept of %s: %w", s.about.key(), err)
		}
		raw = wholeLines(raw)
		at := lastMark(raw)
		if at < 0 { // the first line never came to the disk
			if err := os.Remove(s.path(newest.number)); err != nil {
				return err
			}
			s.logs.sizes.grow(s, -newest.size-fileCost)
			s.segments = s.segments[:len(s.segments)-1]
			continue
		}
		end := at + bytes.IndexByte(raw[at:], '\n')
		m, _ := parseMark(raw[at:end])
		rest := raw[end+1:]
		s.at, s.total = m.From, m
		s.at.Offset += int64(len(rest))
		s.total.Lines += int64(bytes.Count(rest, []byte{'\n'}))
		s.logs.sizes.grow(s, int64(len(raw))-newest.size)
		newest.size = int64(len(raw))
		break
	}
	s.settled = true
	return nil
}

// wholeLines cuts what follows the last line break, and zeros that a crash of the machine left.
func wholeLines(raw []byte) []byte {
	if at := bytes.IndexByte(raw, 0); at >= 0 {
		raw = raw[:at]
	}
	return raw[:bytes.LastIndexByte(raw, '\n')+1]
}

// lastMark returns where the last mark of whole lines begins, or a negative number.
func lastMark(raw []byte) int {
	at := bytes.LastIndex(raw, []byte("\n"+markKey)) + 1
	if bytes.HasPrefix(raw[at:], []byte(markKey)) {
		return at
	}
	return -1
}

// position returns where the next byte comes from.
func (s *stream) position() (origin, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.settle()
	return s.at, err
}

// open makes the stream exist on disk.
func (s *stream) open() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.begin(0)
}

// refuse records why the output cannot be read.
func (s *stream) refuse(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.about.Unreadable == why {
		return
	}
	s.about.Unreadable = why
	if err := s.settle(); err == nil {
		s.roll() // so that it is known later; it is not worth more than a try
	}
}

// put keeps records, whole lines that begin at a place of the container's output.
func (s *stream) put(records []byte, from origin) error {
	s.logs.makeRoom(s, int64(len(records)))
	s.mu.Lock()
	err := s.append(records, from)
	s.mu.Unlock()
	s.logs.changed(s)
	return err
}

// miss records that lines before a place were dropped or, with a negative number, that an unknown
// number may be missing.
func (s *stream) miss(lines int64, before origin) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.settle(); err != nil {
		return err
	}
	if lines < 0 {
		s.total.Gaps++
	} else {
		s.total.Dropped += lines
	}
	s.at, s.total.At = before, 0 // the next records have a mark before them
	return nil
}

// remove removes the oldest segment, unless it is being written. It reports whether it did.
func (s *stream) remove(number uint32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.segments) == 0 || s.segments[0].number != number || len(s.segments) == 1 && s.live > 0 {
		return false
	}
	if err := os.Remove(s.path(number)); err != nil && !os.IsNotExist(err) {
		s.logs.log.Warn("cannot remove old output of a container", "task", s.about.Task, "container", s.about.Container, "error", err)
		return false
	}
	s.logs.sizes.grow(s, -s.segments[0].size-fileCost)
	s.segments = slices.Delete(s.segments, 0, 1)
	return true
}
