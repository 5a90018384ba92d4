package httpapi

import (
	"bufio"
	"context"
	"net"
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

// serveAgent turns the connection of a call into one over which the agent is called.
func (a *api) serveAgent(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") != structs.AgentCalls {
		a.fail(w, structs.Errorf(structs.KindInvalidParameter, "upgrade the connection to %s", structs.AgentCalls))
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		a.fail(w, structs.Errorf(structs.KindInvalidParameter, "this connection cannot be upgraded: use HTTP/1.1"))
		return
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	go func() {
		select {
		case <-a.Closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	defer conn.Close()
	if _, err := conn.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " + structs.AgentCalls + "\r\n\r\n")); err != nil {
		return
	}
	err = a.Control.ServeAgent(ctx, r.URL.Query().Get("instance"), upgraded{conn, buffered.Reader})
	a.Logger.Debug("an agent can no longer be called over this connection", "instance", r.URL.Query().Get("instance"), "error", err)
}

// upgraded is a connection of which bytes may have been read ahead.
type upgraded struct {
	net.Conn
	ahead *bufio.Reader
}

func (u upgraded) Read(p []byte) (int, error) { return u.ahead.Read(p) }
