package process

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

const (
	// diskWait is how long the disk of a data directory may take to answer at the start.
	diskWait = 10 * time.Second
	// lastWait bounds each thing that a process still does when a part of it has failed.
	lastWait = time.Second
)

// CheckDisk returns an error if the disk of a data directory hangs: opening a file there would
// wait forever, without a word. Anything else that may be wrong with the directory is for its owner
// to find.
func CheckDisk(dir string) error {
	if within(diskWait, func() { touch(filepath.Join(dir, "disk-check")) }) {
		return nil
	}
	return fmt.Errorf("the disk of data directory %s hangs (a write has not returned for %v): "+
		"repair or replace it, then start again", dir, diskWait)
}

// touch brings a file to the disk and removes it. The name is fixed: a write that hangs is carried
// out when the disk goes on, though the process has ended.
func touch(path string) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return
	}
	_, _ = f.WriteString("is this disk there?\n")
	_ = f.Sync()
	f.Close()
	os.Remove(path)
}

// within reports whether work returned in time. Otherwise it is left running.
func within(limit time.Duration, work func()) bool {
	done := make(chan struct{})
	go func() {
		work()
		close(done)
	}()
	select {
	case <-done:
		return true
	case <-time.After(limit):
		return false
	}
}

// hangUp closes the connections of a server that has failed. A thread that waits for a disk that
// hangs outlives the end of its process, and keeps all its sockets: callers would go on to wait for
// answers, and new ones would be let in.
func hangUp(s *http.Server) { within(lastWait, func() { s.Close() }) }
