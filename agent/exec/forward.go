package exec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	goruntime "runtime"
	"strconv"
	"time"

	"github.com/xtaci/smux"
	"golang.org/x/sys/unix"

	"github.com/gantry-project/gantry/internal/datachannel"
	"github.com/gantry-project/gantry/internal/streams"
	"github.com/gantry-project/gantry/structs"
)

// errForwarded: the client no longer forwards.
var errForwarded = errors.New("the port is not forwarded any more")

// forwardType is what a client of a forwarded port is told. AWS's plugin listens where it says.
func forwardType(f *structs.PortForward) sessionType {
	return sessionType{"Port", map[string]string{
		"portNumber": strconv.Itoa(f.Port), "localPortNumber": f.LocalPort, "type": "LocalPortForwarding",
	}}
}

// dialTimeout is how long a connection to a port may take.
const dialTimeout = 10 * time.Second

// forward carries connections to the session's port until the client has gone.
func (s *session) forward(ctx context.Context) string {
	stream := &channelStream{ctx: ctx, s: s}
	config := smux.DefaultConfig()
	config.KeepAliveDisabled = true // as in AWS's plugin
	mux, err := smux.Server(stream, config)
	if err != nil {
		return err.Error()
	}
	defer mux.Close()
	stop := context.AfterFunc(ctx, func() { _ = mux.Close() }) // it may be closed already
	defer stop()
	for {
		client, err := streams.Accept(mux)
		if err != nil {
			return s.why(ctx, errForwarded)
		}
		go s.connection(ctx, client)
	}
}

// connection carries one connection.
func (s *session) connection(ctx context.Context, client net.Conn) {
	defer client.Close()
	port, err := s.dial(ctx)
	if err != nil {
		s.log.Info("a forwarded port cannot be reached", "port", s.ticket.Forward.Port, "error", err)
		_ = s.channel.Send(ctx, datachannel.PayloadFlag, datachannel.Number(datachannel.FlagConnectToPortError)) // or the session has ended
		return
	}
	defer port.Close()
	ended := make(chan struct{}, 2)
	copyTo := func(to io.Writer, from io.Reader) {
		_, _ = io.Copy(to, from) // it ends with either side
		ended <- struct{}{}
	}
	go copyTo(port, client)
	go copyTo(client, port)
	select {
	case <-ended:
	case <-ctx.Done():
	}
}

// dial connects to the session's port from inside the network of its container. A host is looked up
// outside: what a container reaches by name may depend on its files.
func (s *session) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	state, refusal := s.container(ctx)
	if refusal != "" {
		return nil, errors.New(refusal)
	}
	addresses := []string{"127.0.0.1"}
	if host := s.ticket.Forward.Host; host != "" {
		var err error
		if addresses, err = net.DefaultResolver.LookupHost(ctx, host); err != nil {
			return nil, err
		}
	}
	var failed error
	for _, address := range addresses {
		var conn net.Conn
		err := inNetworkOf(state.PID, func() (err error) {
			conn, err = new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(address, strconv.Itoa(s.ticket.Forward.Port)))
			return err
		})
		if err == nil {
			return conn, nil
		}
		failed = errors.Join(failed, err)
	}
	return nil, failed
}

// inNetworkOf calls f on a thread in the network namespace of a process. The thread ends with it.
func inNetworkOf(pid int, f func() error) error {
	failed := make(chan error, 1)
	go func() {
		goruntime.LockOSThread() // for good: the thread is not used again
		space, err := unix.Open(fmt.Sprintf("/proc/%d/ns/net", pid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			failed <- fmt.Errorf("open the network of the container: %w", err)
			return
		}
		defer unix.Close(space)
		if err := unix.Setns(space, unix.CLONE_NEWNET); err != nil {
			failed <- fmt.Errorf("enter the network of the container: %w", err)
			return
		}
		failed <- f()
	}()
	return <-failed
}

// channelStream is the data channel as a stream of bytes.
type channelStream struct {
	ctx  context.Context
	s    *session
	rest []byte
}

func (c *channelStream) Read(b []byte) (int, error) {
	for len(c.rest) == 0 {
		d, err := c.s.channel.Receive(c.ctx)
		switch {
		case err != nil:
			return 0, err
		case d.Type == datachannel.PayloadFlag && datachannel.NumberOf(d.Content) == datachannel.FlagTerminateSession:
			c.s.cancel(errTerminated)
			return 0, io.EOF
		case d.Type == datachannel.PayloadOutput:
			c.rest = d.Content
			c.s.active()
		}
	}
	n := copy(b, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

func (c *channelStream) Write(b []byte) (int, error) {
	return (&printer{c.ctx, c.s, datachannel.PayloadOutput}).Write(b)
}

func (c *channelStream) Close() error { return nil }
