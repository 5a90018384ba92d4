package gossip

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
)

// What serf prints when the file of the members last seen cannot be written, and when it can again.
const (
	printedNotKept   = "Failed to update snapshot"
	printedKeptAgain = "recovered from error state"
)

// serfSnapshot is the file of the members last seen. A disk that does not take it is no reason to end: the
// next start only has to join again. It is also where serf and memberlist print to, since serf
// tells in no other way how the file fares.
type serfSnapshot struct {
	path string // empty: there is none
	log  *slog.Logger
	// failing is set from the first write that is refused until one is taken: so it is told once.
	failing atomic.Bool
}

// open says whether there can be such a file, and takes out of it what serf must not read.
func (s *serfSnapshot) open() bool {
	if err := s.clean(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.fail(err.Error())
		return false
	}
	f, err := os.OpenFile(s.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		s.fail(err.Error())
		return false
	}
	return f.Close() == nil
}

// Write takes a line that a library printed. They mean little to anybody who does not know these,
// so all are at level debug.
func (s *serfSnapshot) Write(line []byte) (int, error) {
	text := strings.TrimSuffix(string(line), "\n")
	s.log.Debug(text)
	switch {
	case strings.Contains(text, printedNotKept):
		s.fail(text)
	case strings.Contains(text, printedKeptAgain) && s.failing.Swap(false):
		s.log.Info("the members that gossip knows are kept on disk again", "path", s.path)
	}
	return len(line), nil
}

// clean takes out the members whose address is none: a bit of the file has changed, or a crash cut
// a line off. Serf would ask DNS for it.
func (s *serfSnapshot) clean() error {
	text, err := os.ReadFile(s.path)
	if err != nil {
		return err
	}
	var whole []byte
	for line := range bytes.Lines(text) {
		if is, alive := bytes.CutPrefix(line, []byte("alive: ")); alive {
			_, address, _ := strings.Cut(string(bytes.TrimSpace(is)), " ")
			if _, err := netip.ParseAddrPort(address); err != nil {
				s.log.Warn("left out a member that gossip knew: its line is damaged", "path", s.path)
				continue
			}
		}
		whole = append(whole, line...)
	}
	if len(whole) == len(text) {
		return nil
	}
	return os.WriteFile(s.path, whole, 0o600)
}

func (s *serfSnapshot) fail(why string) {
	if !s.failing.Swap(true) {
		s.log.Warn("the disk refuses to keep the members that gossip knows: all goes on, and the next start finds servers by those to join alone. Free some space, or replace the disk",
			"path", s.path, "error", why)
	}
}
