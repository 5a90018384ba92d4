package link

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/xtaci/smux"

	"github.com/gantry-project/gantry/agent/wait"
	"github.com/gantry-project/gantry/internal/streams"
	"github.com/gantry-project/gantry/structs"
)

// callsWait is the longest wait before another connection is opened.
const callsWait = 5 * time.Second

// takeCalls answers the calls of servers, over a connection to the server of the stream, until ctx
// ends. Servers reach the agent only through that one.
func (l *Link) takeCalls(ctx context.Context) {
	for b := (wait.Backoff{Most: callsWait}); ctx.Err() == nil; {
		began := time.Now()
		err := l.takeCallsOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		l.log.Debug("servers cannot call this agent; opening another connection", "error", err)
		if time.Since(began) > callsWait {
			b.Reset()
		}
		b.Wait(ctx)
	}
}

// takeCallsOnce answers calls until the connection ends.
func (l *Link) takeCallsOnce(ctx context.Context) error {
	conn, err := l.cfg.Server.Calls(ctx, l.cfg.Instance)
	if err != nil {
		return err
	}
	config := smux.DefaultConfig()
	config.Version = structs.AgentCallsVersion
	session, err := smux.Server(conn, config)
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	server := &http.Server{
		Handler: l.cfg.Handler, ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(l.log.Handler(), slog.LevelDebug),
	}
	defer context.AfterFunc(ctx, func() { session.Close() })()
	err = server.Serve(listener{session})
	return errors.Join(err, server.Close(), session.Close())
}

// listener is a session as a listener.
type listener struct{ *smux.Session }

func (l listener) Accept() (net.Conn, error) { return streams.Accept(l.Session) }

func (l listener) Addr() net.Addr { return l.LocalAddr() }
