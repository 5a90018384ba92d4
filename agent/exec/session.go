package exec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/internal/datachannel"
	"github.com/gantry-project/gantry/structs"
)

const (
	// handshakeTimeout is how long a client may take for its part of the handshake (AWS's agent).
	handshakeTimeout = 15 * time.Second
	// sizeTimeout is how long a command waits for the size of its terminal. A client sends it
	// right after the handshake.
	sizeTimeout = time.Second
	// farewellTimeout is how long the last words may take to be sent.
	farewellTimeout = 5 * time.Second
)

// session is one session. It lives until its command has ended, or its client has.
type session struct {
	ticket  structs.ExecTicket
	all     *Sessions
	log     *slog.Logger
	channel *datachannel.Channel
	cancel  context.CancelCauseFunc
	idle    *time.Timer

	mu          sync.Mutex
	connections int
	grace       *time.Timer // runs while there are no connections
}

func newSession(all *Sessions, t structs.ExecTicket, cancel context.CancelCauseFunc) *session {
	s := &session{
		ticket: t, all: all, channel: datachannel.NewAgent(), cancel: cancel,
		log: all.cfg.Logger.With("task", t.Task, "session", t.Session),
	}
	s.idle = time.AfterFunc(all.cfg.Idle, func() { cancel(errIdle) })
	s.grace = time.AfterFunc(all.cfg.Grace, func() { cancel(errGone) })
	return s
}

// serve works on a connection of the session until it ends.
func (s *session) serve(conn datachannel.Conn) {
	s.mu.Lock()
	s.connections++
	s.grace.Stop()
	s.mu.Unlock()
	err := s.channel.Run(conn)
	s.log.Debug("a connection of a session has ended", "error", err)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.connections--; s.connections == 0 {
		s.grace.Reset(s.all.cfg.Grace)
	}
}

// work carries the session out and says farewell.
func (s *session) work(ctx context.Context) {
	defer s.idle.Stop()
	s.log.Info("a session has begun", "container", s.ticket.Container, "who", s.ticket.Who)
	text := s.carryOut(ctx)
	s.log.Info("a session has ended", "text", text)
	// What the command printed last is not lost if its client is slow or finds another server.
	flush, cancel := context.WithTimeout(context.Background(), s.all.cfg.Grace)
	defer cancel()
	if cause := context.Cause(ctx); cause == nil {
		_ = s.channel.Flush(flush) // then it is lost
	}
	s.channel.End(s.ticket.Session, text)
	last, cancel := context.WithTimeout(context.Background(), farewellTimeout)
	defer cancel()
	_ = s.channel.Ended(last)
	s.channel.Drop()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grace.Stop()
}

// carryOut does what the session is for, and returns what to tell people at its end.
func (s *session) carryOut(ctx context.Context) string {
	if _, refusal := s.container(ctx); refusal != "" {
		return refusal
	}
	if err := s.handshake(ctx); err != nil {
		return s.why(ctx, err)
	}
	if s.ticket.Forward != nil {
		return s.forward(ctx)
	}
	return s.command(ctx)
}

// container returns the session's container, or why nothing can be run in it, for people.
func (s *session) container(ctx context.Context) (state runtime.ContainerState, refusal string) {
	var ok bool
	var err error
	state, ok, err = s.all.cfg.Engine.InspectContainer(ctx, s.ticket.RuntimeID)
	switch {
	case err != nil:
		return state, fmt.Sprintf("The container engine of instance %s does not answer: %v", s.ticket.Instance, err)
	case !ok || state.Labels[runtime.LabelTask] != s.ticket.Task:
		return state, fmt.Sprintf("Container %s of task %s does not exist any more.", s.ticket.Container, s.ticket.Task)
	case state.State != runtime.ContainerRunning:
		return state, fmt.Sprintf("Container %s of task %s is not running.", s.ticket.Container, s.ticket.Task)
	}
	return state, ""
}

// why returns why a session was cut off, for people.
func (s *session) why(ctx context.Context, err error) string {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	switch {
	case errors.Is(err, errTerminated):
		return "The session was terminated."
	case errors.Is(err, errIdle):
		return fmt.Sprintf("The session was ended since nothing was typed or printed for %s.", s.all.cfg.Idle)
	case errors.Is(err, errForwarded):
		return "The port is not forwarded any more."
	case errors.Is(err, errGone):
		return "The session was ended since its client was not heard of."
	case errors.Is(err, context.Canceled):
		return "The session was ended since the agent of its container instance was stopped."
	}
	return err.Error()
}

// agentVersion is what AWS's plugin is told. It decides how ports are forwarded: with this one, the
// session is a stream of smux without keep-alive, so there may be many connections.
const agentVersion = "3.3.1142.0"

// action is an action of the handshake, as AWS's plugin knows it.
type action struct {
	ActionType       string
	ActionParameters sessionType
}

type sessionType struct {
	SessionType string
	Properties  map[string]string
}

// handshake tells the client what kind of session this is.
func (s *session) handshake(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, handshakeTimeout, fmt.Errorf("the client did not answer for %s", handshakeTimeout))
	defer cancel()
	began := time.Now()
	kind := sessionType{SessionType: "Standard_Stream"}
	if f := s.ticket.Forward; f != nil {
		kind = forwardType(f)
	}
	request, err := json.Marshal(map[string]any{"AgentVersion": agentVersion, "RequestedClientActions": []action{{"SessionType", kind}}})
	if err != nil {
		return err
	}
	if err := s.channel.Send(ctx, datachannel.PayloadHandshakeRequest, request); err != nil {
		return err
	}
	for {
		d, err := s.channel.Receive(ctx)
		if err != nil {
			return err
		}
		if d.Type == datachannel.PayloadHandshakeResponse {
			break
		}
	}
	complete := fmt.Appendf(nil, `{"HandshakeTimeToComplete":%d,"CustomerMessage":""}`, time.Since(began))
	return s.channel.Send(ctx, datachannel.PayloadHandshakeCompleted, complete)
}

// active records that something was typed or printed.
func (s *session) active() { s.idle.Reset(s.all.cfg.Idle) }
