package logs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/gantry-project/gantry/agent/wait"
)

// watches tells followers of changes in directories, by inotify.
type watches struct {
	file *os.File
	mask uint32

	mu sync.Mutex
	of map[uint32]*watch // by the kernel's number
}

// watch is on one directory.
type watch struct {
	all     *watches
	dir     string
	changed chan struct{} // capacity 1
	number  uint32        // while it is armed
}

const (
	// anyChange is reported once. The watch is then off until it is armed again: a container that
	// writes much costs no event for each line.
	anyChange = unix.IN_MODIFY | unix.IN_CREATE | unix.IN_MOVED_TO | unix.IN_MOVED_FROM | unix.IN_DELETE | unix.IN_DELETE_SELF |
		unix.IN_ONESHOT | unix.IN_ONLYDIR
	// newFiles are reported each time.
	newFiles = unix.IN_CREATE | unix.IN_MOVED_TO | unix.IN_ONLYDIR
)

// newWatches returns watches of certain events.
func newWatches(mask uint32) (*watches, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("watch files: %w", err)
	}
	w := &watches{file: os.NewFile(uintptr(fd), "inotify"), mask: mask, of: map[uint32]*watch{}}
	go w.run()
	return w, nil
}

// run passes on events until close.
func (w *watches) run() {
	buf := make([]byte, 16<<10)
	for {
		n, err := w.file.Read(buf)
		if err != nil {
			return
		}
		w.mu.Lock()
		for at := 0; at+unix.SizeofInotifyEvent <= n; {
			number := binary.NativeEndian.Uint32(buf[at:])
			at += unix.SizeofInotifyEvent + int(binary.NativeEndian.Uint32(buf[at+12:]))
			if one := w.of[number]; one != nil {
				if w.mask&unix.IN_ONESHOT != 0 {
					delete(w.of, number)
				}
				wait.Nudge(one.changed)
			}
		}
		w.mu.Unlock()
	}
}

func (w *watches) close() { w.file.Close() }

// on returns a watch that is off. w may be nil.
func (w *watches) on(dir string) *watch {
	return &watch{all: w, dir: dir, changed: make(chan struct{}, 1)}
}

// arm turns the watch on. Changes before it are not reported.
func (o *watch) arm() error {
	if o.all == nil {
		return errors.New("the kernel has no more watches")
	}
	o.all.mu.Lock()
	defer o.all.mu.Unlock()
	raw, err := o.all.file.SyscallConn()
	if err != nil {
		return err
	}
	var number int
	var addErr error
	if err := raw.Control(func(fd uintptr) { number, addErr = unix.InotifyAddWatch(int(fd), o.dir, o.all.mask) }); err != nil {
		return err
	}
	if addErr != nil {
		return fmt.Errorf("watch %s: %w", o.dir, addErr)
	}
	o.number = uint32(number)
	o.all.of[o.number] = o
	return nil
}

// off turns the watch off.
func (o *watch) off() {
	if o.all == nil {
		return
	}
	o.all.mu.Lock()
	defer o.all.mu.Unlock()
	if o.all.of[o.number] != o {
		return
	}
	delete(o.all.of, o.number)
	if raw, err := o.all.file.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { unix.InotifyRmWatch(int(fd), o.number) })
	}
}
