package logs

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// maxLine bounds a line of an agent's answer. An event has 256 KiB at most, which JSON may double.
const maxLine = 2 << 20

// source is the events of one agent's answer. One goroutine reads it.
type source struct {
	instance string
	ctx      context.Context
	cancel   context.CancelCauseFunc
	patience time.Duration
	timer    *time.Timer // ends ctx when the agent is silent
	resp     *http.Response
	lines    *bufio.Reader

	// run has the next events, all of one time, in order; ahead is the first of the next run.
	run      []structs.LogEvent
	ahead    *structs.LogEvent
	backward bool
	err      error // why there are no more; io.EOF: there are none
}

// open sends a query to an agent. The source must be closed.
func (r *Reader) open(ctx context.Context, instance string, q structs.LogQuery) (*source, error) {
	s := &source{instance: instance, patience: r.patience(), backward: q.Backward}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	s.timer = time.AfterFunc(s.patience, func() { s.cancel(errSilent) })
	resp, err := r.call(s.ctx, instance, "/logs/events", q)
	if err != nil {
		err = cause(s.ctx, err)
		s.close()
		return nil, err
	}
	s.resp, s.lines = resp, bufio.NewReaderSize(resp.Body, 64<<10)
	return s, nil
}

func (s *source) close() {
	s.timer.Stop()
	s.cancel(nil)
	if s.resp != nil {
		_ = s.resp.Body.Close() // what the agent still sends is of no interest
	}
}

// line returns the next line without its end; empty: the agent shows that it is alive.
func (s *source) line() ([]byte, error) {
	s.timer.Reset(s.patience)
	defer s.timer.Stop()
	var line []byte
	for {
		part, err := s.lines.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == bufio.ErrBufferFull && len(line) <= maxLine:
			continue
		case err == bufio.ErrBufferFull:
			return nil, fmt.Errorf("its agent sends a line of more than %d bytes", maxLine)
		case err == io.EOF && len(line) > 0:
			return nil, io.ErrUnexpectedEOF
		case err == io.EOF:
			return nil, io.EOF
		case err != nil:
			return nil, cause(s.ctx, err)
		}
		return bytes.TrimSpace(line), nil
	}
}

// event returns the next event.
func (s *source) event() (*structs.LogEvent, error) {
	for {
		line, err := s.line()
		if err != nil {
			return nil, err
		}
		if len(line) == 0 {
			continue
		}
		return parseEvent(line)
	}
}

func parseEvent(line []byte) (*structs.LogEvent, error) {
	e, ok := structs.QuickLogEvent(line)
	if ok {
		return &e, nil
	}
	e = structs.LogEvent{}
	if err := json.Unmarshal(line, &e); err != nil {
		return nil, fmt.Errorf("its agent sends a line that is no event: %w", err)
	}
	return &e, nil
}

// peek returns the next event without taking it; nil if there is none, for the reason in err.
func (s *source) peek() *structs.LogEvent {
	if len(s.run) == 0 && s.err == nil {
		s.fill()
	}
	if len(s.run) == 0 {
		return nil
	}
	return &s.run[0]
}

// fill reads the events of the next time, and sorts them: agents only order by time.
func (s *source) fill() {
	if s.ahead != nil {
		s.run, s.ahead = append(s.run, *s.ahead), nil
	}
	for {
		e, err := s.event()
		if err != nil {
			s.err = err
			break
		}
		if len(s.run) > 0 && e.Time != s.run[0].Time {
			s.ahead = e
			break
		}
		s.run = append(s.run, *e)
	}
	slices.SortStableFunc(s.run, func(a, b structs.LogEvent) int {
		order := cursorOf(&a).compare(cursorOf(&b))
		if s.backward {
			return -order
		}
		return order
	})
}

// take removes the next event.
func (s *source) take() { s.run = s.run[1:] }

func cursorOf(e *structs.LogEvent) Cursor {
	return Cursor{e.Time, key(e.Task, e.Container), e.Position}
}
