package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/gantry-project/gantry/internal/datachannel"
	"github.com/gantry-project/gantry/structs"
)

// Terminal is what a command in a container is connected to.
type Terminal struct {
	Stdin          io.Reader // nil: none
	Stdout, Stderr io.Writer
	// Sizes has the size of the terminal, and later each new one; nil if there is no terminal.
	Sizes <-chan [2]uint // columns and rows
	// Signals are sent to the command; nil if it gets none but what is typed.
	Signals <-chan int
}

// Exec runs a command in a container of a task until it ends, and returns its exit code. It goes on
// by itself if the connection is lost. If ctx ends, the command does too.
func (c *Client) Exec(ctx context.Context, task string, in structs.ExecRequest, t Terminal) (code int, err error) {
	var session structs.ExecSession
	path := "/v1/tasks/" + url.PathEscape(task) + "/exec"
	if err := c.do(ctx, http.MethodPost, path, url.Values{"cluster": {in.Cluster}}, in, &session); err != nil {
		return 0, err
	}
	channel := datachannel.NewClient()
	connected := make(chan error, 1)
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	go func() { connected <- c.keepSession(work, session, channel) }()
	ended := context.AfterFunc(ctx, func() { terminate(work, channel, cancel) })
	defer ended()
	code, known, err := converse(work, channel, t)
	cancel()
	lost := <-connected
	switch {
	case ctx.Err() != nil:
		return 0, context.Cause(ctx)
	case known:
		return code, nil
	case lost != nil && !errors.Is(lost, context.Canceled):
		return 0, lost
	case channel.Text() != "":
		return 0, errors.New(channel.Text())
	}
	return 0, err
}

// terminateTimeout is how long the agent may take to confirm that a session is to end.
const terminateTimeout = 3 * time.Second

// terminate ends a session from this side.
func terminate(ctx context.Context, channel *datachannel.Channel, cancel context.CancelFunc) {
	ctx, done := context.WithTimeout(ctx, terminateTimeout)
	defer done()
	_ = channel.Send(ctx, datachannel.PayloadFlag, datachannel.Number(datachannel.FlagTerminateSession))
	_ = channel.Ended(ctx) // or its grace ends it
	cancel()
}

// converse answers the handshake of a session, and passes on what both sides say until it ends.
// known means that the exit code is.
func converse(ctx context.Context, channel *datachannel.Channel, t Terminal) (code int, known bool, err error) {
	for {
		d, err := channel.Receive(ctx)
		if err != nil {
			if errors.Is(err, datachannel.ErrEnded) {
				err = nil
			}
			return code, known, err
		}
		switch d.Type {
		case datachannel.PayloadHandshakeRequest:
			err = channel.Send(ctx, datachannel.PayloadHandshakeResponse, []byte(`{"ClientVersion":"gantry","ProcessedClientActions":[]}`))
		case datachannel.PayloadHandshakeCompleted:
			go sendInput(ctx, channel, t)
			go sendEvents(ctx, channel, t)
		case datachannel.PayloadOutput:
			_, err = t.Stdout.Write(d.Content)
		case datachannel.PayloadStdErr:
			_, err = t.Stderr.Write(d.Content)
		case datachannel.PayloadExitCode:
			code, known = int(datachannel.NumberOf(d.Content)), true
		}
		if err != nil {
			return code, known, err
		}
	}
}

// sendInput sends what is typed, and its end.
func sendInput(ctx context.Context, channel *datachannel.Channel, t Terminal) {
	if t.Stdin == nil {
		return
	}
	buffer := make([]byte, datachannel.MaxContent)
	for {
		n, err := t.Stdin.Read(buffer)
		if n > 0 && channel.Send(ctx, datachannel.PayloadOutput, append([]byte(nil), buffer[:n]...)) != nil {
			return
		}
		if err != nil {
			_ = channel.Send(ctx, datachannel.PayloadEndOfInput, nil) // or the session has ended
			return
		}
	}
}

// sendEvents sends sizes of the terminal, and signals.
func sendEvents(ctx context.Context, channel *datachannel.Channel, t Terminal) {
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case size := <-t.Sizes:
			content, _ := json.Marshal(datachannel.Size{Columns: size[0], Rows: size[1]}) // two numbers
			err = channel.Send(ctx, datachannel.PayloadSize, content)
		case signal := <-t.Signals:
			err = channel.Send(ctx, datachannel.PayloadSignal, datachannel.Number(uint32(signal)))
		}
		if err != nil {
			return
		}
	}
}
