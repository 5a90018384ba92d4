package exec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/internal/datachannel"
)

const (
	// stateInterval is how often the engine is asked whether a command still runs. Its output does
	// not tell: a child may keep it open, or the command close it.
	stateInterval = 500 * time.Millisecond
	// drainTimeout is how long the output of a command is waited for that has ended.
	drainTimeout = time.Second
)

// rootUser is who runs the commands of ECS Exec, whatever user the container has (ECS).
const rootUser = "0"

// command runs the session's command in its container until it ends. It returns what to tell
// people.
func (s *session) command(ctx context.Context) string {
	size, early, err := s.firstSize(ctx)
	if err != nil {
		return s.why(ctx, err)
	}
	marker := marked(s.all.cfg.Instance, s.ticket.Session)
	spec := runtime.ExecSpec{
		Command: s.ticket.Command, User: s.ticket.User, TTY: s.ticket.TTY, Input: s.ticket.Input,
		Columns: size.Columns, Rows: size.Rows,
		Environment: map[string]string{markerName: marker.value()},
	}
	if spec.User == "" {
		spec.User = rootUser
	}
	if spec.TTY {
		spec.Environment["TERM"], spec.Defaults = "xterm-256color", map[string]string{"LANG": "C.UTF-8"}
	}
	x, err := s.all.cfg.Engine.StartExec(ctx, s.ticket.RuntimeID, spec)
	if err != nil {
		if refusal, ok := errors.AsType[*runtime.Error](err); ok {
			return "The command cannot be run: " + refusal.Reason
		}
		return s.why(ctx, err)
	}
	defer x.Close()
	inputEnded := make(chan struct{})
	input, stopInput := context.WithCancel(ctx)
	go func() {
		defer close(inputEnded)
		s.input(input, x, early)
	}()
	defer func() { stopInput(); _ = x.Close(); <-inputEnded }()
	state, err := s.awaitEnd(ctx, x)
	if ctx.Err() != nil {
		if state.Running && s.all.processes.in(state.PID, s.ticket.RuntimeID) {
			marker.root = state.PID
		}
		s.all.processes.end(marker)
		return s.why(ctx, err)
	}
	return s.ended(ctx, state, err)
}

// ended returns what to tell people about a command that has ended. Gantry's own client gets the
// exit code besides.
func (s *session) ended(ctx context.Context, state runtime.ExecState, err error) string {
	_, stopped := s.container(ctx)
	if err != nil {
		if stopped != "" {
			return stopped
		}
		return fmt.Sprintf("The container engine of instance %s does not say how the command ended: %v", s.ticket.Instance, err)
	}
	if s.ticket.Own {
		_ = s.channel.Send(ctx, datachannel.PayloadExitCode, datachannel.Number(uint32(state.ExitCode))) // or the session has ended
	}
	text := fmt.Sprintf("The command exited with code %d.", state.ExitCode)
	if stopped != "" {
		text += " " + stopped
	}
	return text
}

// firstSize waits a little for the size of the terminal. It returns what else came by then.
func (s *session) firstSize(ctx context.Context) (size datachannel.Size, early []datachannel.Data, err error) {
	if !s.ticket.TTY {
		return size, nil, nil
	}
	wait, cancel := context.WithTimeout(ctx, sizeTimeout)
	defer cancel()
	for {
		d, err := s.channel.Receive(wait)
		switch {
		case ctx.Err() == nil && wait.Err() != nil:
			return size, early, nil
		case err != nil:
			return size, early, err
		case d.Type == datachannel.PayloadSize && json.Unmarshal(d.Content, &size) == nil:
			return size, early, nil
		}
		early = append(early, d)
	}
}

// input passes on what the client sends until ctx ends.
func (s *session) input(ctx context.Context, x runtime.Exec, early []datachannel.Data) {
	for _, d := range early {
		s.take(ctx, x, d)
	}
	for {
		d, err := s.channel.Receive(ctx)
		if err != nil {
			return
		}
		s.take(ctx, x, d)
	}
}

// take acts on one payload. Errors are left to awaitEnd: a command that has ended takes no input.
func (s *session) take(ctx context.Context, x runtime.Exec, d datachannel.Data) {
	s.active()
	var size datachannel.Size
	switch d.Type {
	case datachannel.PayloadOutput:
		if s.ticket.Input {
			_, _ = x.Write(d.Content)
		}
	case datachannel.PayloadEndOfInput:
		_ = x.CloseInput()
	case datachannel.PayloadSize:
		if json.Unmarshal(d.Content, &size) == nil {
			_ = x.Resize(ctx, size.Columns, size.Rows)
		}
	case datachannel.PayloadSignal:
		if state, err := x.State(ctx); err == nil && state.Running {
			s.all.processes.signal(state.PID, s.ticket.RuntimeID, int(datachannel.NumberOf(d.Content)))
		}
	case datachannel.PayloadFlag:
		if datachannel.NumberOf(d.Content) == datachannel.FlagTerminateSession {
			s.cancel(errTerminated)
		}
	}
}

// awaitEnd passes on what the command prints, and returns how it ended. If ctx ends first, the
// state is the last one that is known.
func (s *session) awaitEnd(ctx context.Context, x runtime.Exec) (state runtime.ExecState, err error) {
	printed := make(chan struct{})
	go func() {
		defer close(printed)
		errors := datachannel.PayloadOutput
		if s.ticket.Own {
			errors = datachannel.PayloadStdErr
		}
		_ = x.Copy(&printer{ctx, s, datachannel.PayloadOutput}, &printer{ctx, s, errors}) // the state tells
	}()
	defer func() { _ = x.Close(); <-printed }()
	tick := time.NewTicker(stateInterval)
	defer tick.Stop()
	output, failures := printed, 0
	for {
		select {
		case <-ctx.Done():
			asked, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
			defer cancel()
			if now, err := x.State(asked); err == nil {
				state = now
			}
			return state, context.Cause(ctx)
		case <-output:
			output = nil
		case <-tick.C:
		}
		now, err := x.State(ctx)
		switch {
		case err != nil:
			if failures++; failures >= 10 {
				return state, err
			}
			continue
		case now.Running:
			state, failures = now, 0
			continue
		}
		s.drain(ctx, printed)
		return now, nil
	}
}

// drain waits for the rest of the output of a command that has ended, unless a child of it prints
// on. As long as the client keeps up, nothing is cut off.
func (s *session) drain(ctx context.Context, printed <-chan struct{}) {
	for {
		before := s.channel.Numbered()
		select {
		case <-printed:
			return
		case <-ctx.Done():
			return
		case <-time.After(drainTimeout):
			if s.channel.Numbered() == before && s.channel.HasRoom() {
				return
			}
		}
	}
}

// printer sends what a command prints.
type printer struct {
	ctx  context.Context
	s    *session
	kind datachannel.PayloadType
}

func (p *printer) Write(b []byte) (n int, err error) {
	for n < len(b) {
		part := b[n:min(len(b), n+datachannel.MaxContent)]
		if err := p.s.channel.Send(p.ctx, p.kind, part); err != nil {
			return n, err
		}
		n += len(part)
		p.s.active()
	}
	return n, nil
}
