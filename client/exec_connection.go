package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/gantry-project/gantry/internal/datachannel"
	"github.com/gantry-project/gantry/structs"
)

const (
	// resumePause is the pause between attempts to resume a session, and resumeTries how many there
	// are: an agent keeps a session for as long.
	resumePause = 500 * time.Millisecond
	resumeTries = 60
)

// servers returns the addresses at which a session can be resumed: this client's own, and those of
// the other servers as far as the caller may know them.
func (c *Client) servers(ctx context.Context) []*Client {
	all := []*Client{c}
	scheme, own, _ := strings.Cut(c.address, "://")
	list, _ := c.Members(ctx) // without them there is one server
	for _, m := range list.Members {
		if m.Role == structs.RoleServer && m.HTTP != "" && m.HTTP != own {
			other := &Client{address: scheme + "://" + m.HTTP, token: c.token, key: c.key, now: c.now, http: c.http, upgrades: c.upgrades}
			all = append(all, other)
		}
	}
	return all
}

// keepSession connects to a session until it has ended, and connects again if the connection is
// lost.
func (c *Client) keepSession(ctx context.Context, session structs.ExecSession, channel *datachannel.Channel) error {
	servers := c.servers(ctx)
	token, at := session.Token, 0 // which server
	for try := 0; ; {
		conn, err := servers[at].dialSession(ctx, session.SessionID, token)
		if err == nil {
			try = 0
			if err = channel.Run(conn); err == nil {
				return nil
			}
		}
		for token = ""; token == ""; {
			if ctx.Err() != nil {
				channel.Drop()
				return ctx.Err()
			}
			if try++; try > resumeTries {
				channel.Drop()
				return fmt.Errorf("the connection to the session was lost: %w", err)
			}
			var resumed structs.ExecSession
			at = try % len(servers)
			err = servers[at].do(ctx, http.MethodPost, "/v1/sessions/"+session.SessionID+"/resume", url.Values{"cluster": {session.Cluster}}, nil, &resumed)
			if err == nil && resumed.Token == "" {
				channel.Drop()
				return errors.New("the connection was lost, and the session has ended by now")
			}
			if token = resumed.Token; token != "" {
				break
			}
			select {
			case <-time.After(resumePause):
			case <-ctx.Done():
			}
		}
	}
}

// dialSession opens the data channel of a session at the server of this client.
func (c *Client) dialSession(ctx context.Context, session, token string) (datachannel.Conn, error) {
	target := "ws" + strings.TrimPrefix(c.address, "http") + "/v1/data-channel/" + url.PathEscape(session)
	conn, resp, err := websocket.Dial(ctx, target, &websocket.DialOptions{HTTPClient: &http.Client{Transport: c.upgrades}, CompressionMode: websocket.CompressionDisabled})
	if resp != nil && resp.Body != nil {
		defer resp.Body.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("connect to the session: %w", err)
	}
	conn.SetReadLimit(datachannel.MaxMessage)
	first, err := json.Marshal(map[string]string{"MessageSchemaVersion": "1.0", "TokenValue": token})
	if err == nil {
		err = conn.Write(ctx, websocket.MessageText, first)
	}
	if err != nil {
		return nil, errors.Join(err, conn.CloseNow())
	}
	go ping(ctx, conn)
	return socket{ctx, conn}, nil
}

// ping closes a connection whose server does not answer any more.
func ping(ctx context.Context, conn *websocket.Conn) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(silence):
		}
		answer, cancel := context.WithTimeout(ctx, 2*silence)
		err := conn.Ping(answer)
		cancel()
		if err != nil {
			_ = conn.CloseNow() // it may be closed already
			return
		}
	}
}

// socket is a WebSocket as a connection of the data channel.
type socket struct {
	ctx  context.Context
	conn *websocket.Conn
}

func (s socket) Read() ([]byte, error) {
	for {
		kind, raw, err := s.conn.Read(s.ctx)
		if err != nil || kind == websocket.MessageBinary {
			return raw, err
		}
	}
}

func (s socket) Write(raw []byte) error { return s.conn.Write(s.ctx, websocket.MessageBinary, raw) }
func (s socket) Close() error           { return s.conn.CloseNow() }
