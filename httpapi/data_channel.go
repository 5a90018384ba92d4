package httpapi

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/gantry-project/gantry/internal/datachannel"
	"github.com/gantry-project/gantry/structs"
)

const (
	// openTimeout is how long a client may take to show its token.
	openTimeout = 15 * time.Second
	// farewellPause is how long a client may take to read the last message.
	farewellPause = time.Second
)

// opening is the first message of a client, a text.
type opening struct {
	TokenValue string
}

// dataChannel connects a client with the agent that has its session, and passes messages on. Only
// the token counts: AWS's plugin signs the call or does not, and shows its user no refusal but one
// that is a message.
func (a *api) dataChannel(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // the token decides, not the page that a browser is on
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		a.Logger.Debug("a data channel was not opened", "error", err)
		return
	}
	conn.SetReadLimit(datachannel.MaxMessage)
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	// A server that stops drops the connection, so that the client looks for another server.
	go func() {
		select {
		case <-a.Closing:
			_ = conn.CloseNow() // nothing is lost: messages are acknowledged
		case <-ctx.Done():
		}
	}()
	session := r.PathValue("session")
	client := socket{ctx, conn}
	ticket, refusal := a.openTicket(ctx, conn, session)
	if refusal == "" {
		var agent datachannel.Conn
		if agent, refusal = a.callSession(ctx, ticket); refusal == "" {
			if clientEnded, err := datachannel.Pipe(client, agent); clientEnded {
				a.Logger.Debug("a client has left its session", "session", session, "error", err)
			}
			return
		}
	}
	_ = client.Write(datachannel.Closed(session, refusal)) // or the client has gone
	_ = client.Close()
}

// openTicket returns what the client's token says, or why it is refused, for people.
func (a *api) openTicket(ctx context.Context, conn *websocket.Conn, session string) (t structs.ExecTicket, refusal string) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	kind, raw, err := conn.Read(ctx)
	var first opening
	if err != nil || kind != websocket.MessageText || json.Unmarshal(raw, &first) != nil {
		return t, "The client did not show the token of the session."
	}
	if t, err = a.Control.OpenExec(session, first.TokenValue); err != nil {
		return t, err.Error()
	}
	return t, ""
}

// callSession connects to the agent that has a session, or is to begin it.
func (a *api) callSession(ctx context.Context, t structs.ExecTicket) (datachannel.Conn, string) {
	call, err := http.NewRequestWithContext(ctx, http.MethodPost, "/exec/connect", http.NoBody)
	if err != nil {
		return nil, err.Error()
	}
	call.Header.Set("Connection", "Upgrade")
	call.Header.Set("Upgrade", "gantry-exec")
	resp, err := a.Control.CallAgent(t.Instance, call)
	if err != nil {
		return nil, "The command cannot be run: " + err.Error() + "."
	}
	stream, ok := resp.Body.(io.ReadWriteCloser)
	if resp.StatusCode != http.StatusSwitchingProtocols || !ok {
		_ = resp.Body.Close()
		return nil, "The agent of container instance " + t.Instance + " cannot run commands: " + resp.Status + ". It may be older than this server."
	}
	agent := datachannel.Frames(stream)
	raw, err := json.Marshal(t)
	if err == nil {
		err = agent.Write(raw)
	}
	if err != nil {
		_ = agent.Close()
		return nil, "The agent of container instance " + t.Instance + " went away: " + err.Error()
	}
	return agent, ""
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

func (s socket) Write(raw []byte) error {
	return s.conn.Write(s.ctx, websocket.MessageBinary, raw)
}

// Close closes the connection once the client has read what was sent: a connection that is closed
// with something unread on it may lose that.
func (s socket) Close() error {
	timer := time.AfterFunc(farewellPause, func() { _ = s.conn.CloseNow() }) // a client need not answer
	defer timer.Stop()
	return s.conn.Close(websocket.StatusNormalClosure, "")
}
