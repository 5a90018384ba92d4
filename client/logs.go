package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"time"

	"github.com/gantry-project/gantry/structs"
)

const (
	// logsSilence is how long an answer with logs may be silent. The server sends an empty line
	// more often.
	logsSilence = 15 * time.Second
	// logsAgain is how long a follower waits before it calls the server again.
	logsAgain = time.Second
)

var errLogsSilent = errors.New("the server has gone silent")

// Logs calls each with every line of what the containers of a task or a service wrote, and waits
// for it. With in.Follow, if the server goes away in the middle, it is called again until it
// answers, and goes on after the last line; each gets a note when that begins.
func (c *Client) Logs(ctx context.Context, in structs.LogRequest, each func(structs.LogLine) error) error {
	after := map[string]string{}
	maps.Copy(after, in.After)
	away := false
	for begun := false; ; {
		err := c.logsOnce(ctx, in, func(l structs.LogLine) error {
			begun, away = true, false
			if err := each(l); err != nil {
				return stopLogs{err}
			}
			if l.Position != "" {
				after[l.Task+"/"+l.Container] = l.Position
			}
			return nil
		})
		if stopped, ok := errors.AsType[stopLogs](err); ok {
			return stopped.error
		}
		if err == nil || ctx.Err() != nil || !in.Follow || !begun || isRefusal(err) {
			return err
		}
		in.After = after
		if !away {
			away = true
			if err := each(structs.LogLine{Note: "the server went away; trying again: " + err.Error()}); err != nil {
				return err
			}
		}
		select {
		case <-time.After(logsAgain):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// stopLogs is an error of the reader of lines.
type stopLogs struct{ error }

// isRefusal reports whether a server has answered that it will not do what is asked.
func isRefusal(err error) bool {
	var e *structs.Error
	return errors.As(err, &e) && e.Kind != structs.KindUnavailable
}

// logsOnce makes one call. It returns nil if the answer is complete.
func (c *Client) logsOnce(ctx context.Context, in structs.LogRequest, each func(structs.LogLine) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	resp, err := c.send(ctx, http.MethodPost, "/v1/logs", nil, in)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	silent := time.AfterFunc(logsSilence, func() { cancel(errLogsSilent) })
	defer silent.Stop()
	for lines := bufio.NewReaderSize(resp.Body, 64<<10); ; {
		silent.Reset(logsSilence)
		raw, err := lines.ReadBytes('\n')
		silent.Stop() // what each does takes as long as it takes
		switch {
		case err == io.EOF && len(raw) == 0:
			return nil
		case err != nil && context.Cause(ctx) != nil:
			return context.Cause(ctx)
		case err != nil:
			return fmt.Errorf("the answer was cut off: %w", err)
		}
		if raw = bytes.TrimSpace(raw); len(raw) == 0 {
			continue
		}
		var line structs.LogLine
		var quick bool
		if line.LogEvent, quick = structs.QuickLogEvent(raw); !quick {
			line = structs.LogLine{}
			if err := json.Unmarshal(raw, &line); err != nil {
				return fmt.Errorf("read the answer of POST /v1/logs: %w", err)
			}
		}
		if line.Failure != nil {
			return structs.Errorf(line.Failure.Code, "%s", line.Failure.Message)
		}
		if err := each(line); err != nil {
			return err
		}
	}
}
