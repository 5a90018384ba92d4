package handover

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// HoldTime is how long sockets wait for the next process after the end of the one before. Longer, a
// client had better be refused, and try another instance.
const HoldTime = 10 * time.Second

// The descriptors of a process that holds sockets.
const (
	namesFD = 3 + iota
	doorFD
	firstFD
)

// Hold is what the process that Sockets.Hand begins does: it waits until the next process asks for
// the sockets, gives them away, and returns. Nobody takes connections from them meanwhile. It waits
// for a time from the end of the process before, which may take its time to end its requests.
func Hold(dir string, wait time.Duration) error {
	var names []string
	list := os.NewFile(namesFD, "names")
	if err := json.NewDecoder(list).Decode(&names); err != nil {
		return fmt.Errorf("read the names of sockets: %w", err)
	}
	file := os.NewFile(doorFD, "door")
	l, err := net.FileListener(file)
	if err != nil {
		return fmt.Errorf("wait for the next process: %w", err)
	}
	file.Close()
	door := l.(*net.UnixListener)
	defer door.Close()
	defer os.Remove(filepath.Join(dir, socketFile))
	go func() {
		_, _ = io.Copy(io.Discard, list) // until the process before has ended
		_ = door.SetDeadline(time.Now().Add(wait))
	}()
	conn, err := door.AcceptUnix()
	if err != nil {
		return nil // nobody came: the end of the process closes the sockets
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(askTimeout)); err != nil {
		return err
	}
	for i, name := range names {
		if _, _, err := conn.WriteMsgUnix([]byte(name), unix.UnixRights(firstFD+i), nil); err != nil {
			return fmt.Errorf("hand over %s: %w", name, err)
		}
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			return fmt.Errorf("hand over %s: %w", name, err)
		}
	}
	return nil
}
