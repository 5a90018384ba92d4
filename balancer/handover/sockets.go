package handover

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Sockets are listening sockets by name, such as "tcp 0.0.0.0:80". Safe for concurrent use.
type Sockets struct {
	dir  string
	hold func(files []*os.File) error

	mu    sync.Mutex
	taken map[string]*os.File // what the earlier process left
	kept  map[string]*os.File // what the next process gets
	alive *os.File            // closed by the end of this process, which the holding one waits for
}

// socketFile is where the process that holds sockets is asked for them, in a directory that belongs
// to this agent alone.
const socketFile = "ingress.sock"

// askTimeout bounds the call to the process that holds sockets.
const askTimeout = 2 * time.Second

// Open takes over what an earlier process of the same directory left. Hold begins a process that
// runs Hold, with these files from descriptor 3 on.
func Open(dir string, hold func(files []*os.File) error) (*Sockets, error) {
	s := &Sockets{dir: dir, hold: hold, taken: map[string]*os.File{}, kept: map[string]*os.File{}}
	err := s.ask()
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ECONNREFUSED) {
		return s, nil // nobody holds any
	}
	return s, err
}

// within calls f with an address of the socket that is short, however deep the directory is.
func within(dir string, f func(address *net.UnixAddr) error) error {
	open, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer open.Close()
	return f(&net.UnixAddr{Net: "unix", Name: fmt.Sprintf("/proc/self/fd/%d/%s", open.Fd(), socketFile)})
}

func (s *Sockets) ask() error {
	return within(s.dir, func(address *net.UnixAddr) error {
		conn, err := net.DialUnix("unix", nil, address)
		if err != nil {
			return err
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(askTimeout)); err != nil {
			return err
		}
		return s.receive(conn)
	})
}

// receive reads one message for each socket: its name, and the descriptor beside it.
func (s *Sockets) receive(conn *net.UnixConn) error {
	for {
		name, control := make([]byte, 256), make([]byte, unix.CmsgSpace(4))
		n, c, _, _, err := conn.ReadMsgUnix(name, control)
		if n == 0 || errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		messages, err := unix.ParseSocketControlMessage(control[:c])
		if err != nil || len(messages) != 1 {
			return errors.Join(err, errors.New("a message without a socket"))
		}
		fds, err := unix.ParseUnixRights(&messages[0])
		if err != nil {
			return err
		}
		s.taken[string(name[:n])] = os.NewFile(uintptr(fds[0]), string(name[:n]))
		if _, err := conn.Write([]byte{0}); err != nil { // the next, please
			return err
		}
	}
}

// Take returns a socket that the earlier process left, or nil.
func (s *Sockets) Take(name string) net.Listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	file := s.taken[name]
	if file == nil {
		return nil
	}
	delete(s.taken, name)
	defer file.Close()
	l, err := net.FileListener(file)
	if err != nil {
		return nil // it is opened anew
	}
	return l
}

// Drop closes what nobody took.
func (s *Sockets) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, file := range s.taken {
		file.Close()
	}
	clear(s.taken)
}

// Keep has a socket stay open when its listener is closed.
func (s *Sockets) Keep(name string, l net.Listener) error {
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return fmt.Errorf("%s is no TCP socket", name)
	}
	file, err := tcp.File()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[name] = file
	return nil
}

// Hand begins the process that holds what was kept.
func (s *Sockets) Hand() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) == 0 {
		return nil
	}
	defer func() {
		for _, file := range s.kept {
			file.Close()
		}
		clear(s.kept)
	}()
	names := slices.Sorted(maps.Keys(s.kept))
	list, alive, err := list(names)
	if err != nil {
		return err
	}
	defer list.Close()
	s.alive = alive
	_ = os.Remove(filepath.Join(s.dir, socketFile)) // of a process that was killed
	return within(s.dir, func(address *net.UnixAddr) error {
		// It listens before this process ends, so that the next one surely finds it.
		door, err := net.ListenUnix("unix", address)
		if err != nil {
			return err
		}
		door.SetUnlinkOnClose(false)
		defer door.Close()
		file, err := door.File()
		if err != nil {
			return err
		}
		defer file.Close()
		files := []*os.File{list, file}
		for _, name := range names {
			files = append(files, s.kept[name])
		}
		return s.hold(files)
	})
}

// list returns a pipe from which the names are read, as JSON. They fit into its buffer. The other
// end stays open.
func list(names []string) (out, in *os.File, err error) {
	text, err := json.Marshal(names)
	if err != nil {
		return nil, nil, err
	}
	if out, in, err = os.Pipe(); err != nil {
		return nil, nil, err
	}
	_, err = in.Write(text)
	return out, in, err
}
