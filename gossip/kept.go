package gossip

import (
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
)

// What serf prints when the file of the members last seen cannot be written, and when it can again.
const (
	printedNotKept   = "Failed to update snapshot"
	printedKeptAgain = "recovered from error state"
)

// kept is the file of the members last seen. A disk that does not take it is no reason to end: the next start only has to join again.
// It is also where serf and memberlist print to, since serf tells in no other way how the file fares.
type kept struct {
	path string // empty: there is none
	log  *slog.Logger
	// failing is set from the first write that is refused until one is taken: so it is told once.
	failing atomic.Bool
}

// open says whether there can be such a file.
func (k *kept) open() bool {
	f, err := os.OpenFile(k.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		k.fail(err.Error())
		return false
	}
	return f.Close() == nil
}

// Write takes a line that a library printed. They mean little to anybody who does not know these, so all are at level debug.
func (k *kept) Write(line []byte) (int, error) {
	text := strings.TrimSuffix(string(line), "\n")
	k.log.Debug(text)
	switch {
	case strings.Contains(text, printedNotKept):
		k.fail(text)
	case strings.Contains(text, printedKeptAgain) && k.failing.Swap(false):
		k.log.Info("the members that gossip knows are kept on disk again", "path", k.path)
	}
	return len(line), nil
}

func (k *kept) fail(why string) {
	if !k.failing.Swap(true) {
		k.log.Warn("the disk refuses to keep the members that gossip knows: all goes on, and the next start finds servers by those to join alone. Free some space, or replace the disk",
			"path", k.path, "error", why)
	}
}
