package balancer

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// listen opens a listening socket. Go sets SO_REUSEADDR, so that a port is free again at once when
// its process has ended, and no SO_REUSEPORT: a second process that wants it gets an error.
func listen(address string) (net.Listener, error) {
	config := net.ListenConfig{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 6,
	}}
	return config.Listen(context.Background(), "tcp", address)
}

// duplicate returns a listener of the same socket, which stays open when the other one is closed.
func duplicate(l net.Listener) (net.Listener, error) {
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return nil, errors.New("no TCP socket")
	}
	file, err := tcp.File()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return net.FileListener(file)
}

// full reports whether a connection is one of the last for which this process has descriptors. The
// kernel gives the lowest free number, so that of a new connection says how many are open.
func full(c net.Conn) bool {
	raw, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	control, err := raw.SyscallConn()
	if err != nil {
		return false
	}
	number := 0
	if control.Control(func(fd uintptr) { number = int(fd) }) != nil {
		return false
	}
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return false
	}
	// A connection takes another one to its target. The rest is for health checks, the engine, and
	// the calls to servers.
	return uint64(number) > limit.Cur/10*9
}

// room is a listener that makes connections wait in the kernel's queue while this process has few
// descriptors left.
type room struct {
	net.Listener
	accepted func(net.Conn) net.Conn // what becomes of a connection; nil: nothing
}

// fullPause is how often it is looked whether there is room again.
const fullPause = 20 * time.Millisecond

func (r *room) Accept() (net.Conn, error) {
	c, err := r.Listener.Accept()
	if err != nil {
		return nil, err
	}
	for full(c) {
		// It has to be taken again to see whether there is a lower number now.
		time.Sleep(fullPause)
		again, err := reopen(c)
		if err != nil {
			continue
		}
		c.Close()
		c = again
	}
	if r.accepted != nil {
		c = r.accepted(c)
	}
	return c, nil
}

// reopen returns a connection with another descriptor, the lowest that is free.
func reopen(c net.Conn) (net.Conn, error) {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return nil, errors.New("no TCP connection")
	}
	file, err := tcp.File()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return net.FileConn(file)
}

// silence returns for how long neither side has sent data over a connection; zero if it is not
// known.
func silence(c net.Conn) time.Duration {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return 0
	}
	control, err := tcp.SyscallConn()
	if err != nil {
		return 0
	}
	var info *unix.TCPInfo
	var infoErr error
	err = control.Control(func(fd uintptr) { info, infoErr = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO) })
	if err != nil || infoErr != nil {
		return 0
	}
	return time.Duration(min(info.Last_data_recv, info.Last_data_sent)) * time.Millisecond
}

// unreachable reports whether nothing listens at a target, or its machine does not answer.
func unreachable(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}
