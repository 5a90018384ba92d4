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

// What serf logs when the file of the members last seen cannot be written, and when it can again.
const (
	printedNotKept   = "Failed to update snapshot"
	printedKeptAgain = "recovered from error state"
)

// serfSnapshot is the file of the members last seen. A disk that refuses it is no reason to end:
// the next start just has to join again. Serf and memberlist log to it, since serf reports in no
// other way whether it could write the file.
type serfSnapshot struct {
	path string // empty: there is none
	log  *slog.Logger
	// failing is set from the first write that is refused until one succeeds, so that a failure is
	// logged once.
	failing atomic.Bool
}

// open reports whether there can be such a file, and removes from it what serf must not read.
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

// Write takes a line that a library logged. These lines mean little to people who do not know the
// library, so all of them are at level debug.
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

// clean removes the members whose address is not one, because a bit of the file has changed or a
// crash cut a line off. Serf would ask DNS for it.
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
		s.log.Warn("the disk refuses to keep the members that gossip knows: this goes on without, "+
			"and the next start finds servers only by the addresses to join. Free some space, or replace the disk",
			"path", s.path, "error", why)
	}
}
