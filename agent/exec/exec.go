package exec

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/internal/datachannel"
	"github.com/gantry-project/gantry/structs"
)

// Config is what Sessions need.
type Config struct {
	Instance string
	Engine   Engine
	// Idle is how long a session lasts without input or output; zero means 20 minutes, as on ECS.
	Idle time.Duration
	// Grace is how long a session waits for a client that has lost its connection. Zero means 30
	// seconds. A client that was killed looks the same.
	Grace time.Duration
	// Processes is where the machine's processes are seen; empty means /proc.
	Processes string
	Logger    *slog.Logger
}

// Engine is what sessions ask of the container engine.
type Engine interface {
	runtime.Execs
	InspectContainer(ctx context.Context, id string) (state runtime.ContainerState, ok bool, err error)
}

// Sessions are the sessions of an instance. Safe for concurrent use.
type Sessions struct {
	cfg       Config
	processes processes

	mu       sync.Mutex
	ctx      context.Context // of Run; nil before it
	sessions map[string]*session
	used     map[string]structs.Time // tokens that have begun a session, until they expire
	work     sync.WaitGroup
}

// New returns the sessions of an instance. There can be none before Run.
func New(c Config) *Sessions {
	c.Idle = cmp.Or(c.Idle, 20*time.Minute)
	c.Grace = cmp.Or(c.Grace, 30*time.Second)
	c.Logger = cmp.Or(c.Logger, slog.Default())
	return &Sessions{
		cfg: c, processes: processes{cmp.Or(c.Processes, "/proc")},
		sessions: map[string]*session{}, used: map[string]structs.Time{},
	}
}

// Run lets sessions begin until ctx ends, and returns when all have ended. First it ends the
// commands that an earlier process of the agent left.
func (s *Sessions) Run(ctx context.Context) {
	s.processes.end(marked(s.cfg.Instance, ""))
	s.mu.Lock()
	s.ctx = ctx
	s.mu.Unlock()
	<-ctx.Done()
	s.mu.Lock()
	s.ctx = nil
	s.mu.Unlock()
	s.work.Wait()
}

// Handler answers the calls of servers:
//
//	POST /exec/connect   becomes a stream of frames (datachannel.Frames): first an ExecTicket, then messages
//	POST /exec/find      an ExecSessionState that names a session → the ExecSessionState; 404 if there is none
//	POST /exec/end       an ExecSessionState that names a session → 204: the session is ended, or there is none
func (s *Sessions) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /exec/connect", s.connect)
	mux.HandleFunc("POST /exec/find", s.find)
	mux.HandleFunc("POST /exec/end", s.end)
	return mux
}

func (s *Sessions) find(w http.ResponseWriter, r *http.Request) {
	found := s.named(w, r)
	if found == nil {
		http.Error(w, "there is no such session", http.StatusNotFound)
		return
	}
	_ = json.NewEncoder(w).Encode(structs.ExecSessionState{Session: found.ticket.Session, Who: found.ticket.Who}) // the caller is gone
}

func (s *Sessions) end(w http.ResponseWriter, r *http.Request) {
	if found := s.named(w, r); found != nil {
		found.cancel(errTerminated)
	}
	w.WriteHeader(http.StatusNoContent)
}

// named returns the session that a call names; nil if there is none.
func (s *Sessions) named(w http.ResponseWriter, r *http.Request) *session {
	var asked structs.ExecSessionState
	if json.NewDecoder(http.MaxBytesReader(w, r.Body, structs.MaxBody)).Decode(&asked) != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[asked.Session]
}

// connectTimeout is how long a server may take to send the ticket.
const connectTimeout = 15 * time.Second

// connect makes a connection of a session from a call, and works on it until it ends.
func (s *Sessions) connect(w http.ResponseWriter, r *http.Request) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(connectTimeout))
	if _, err := io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: gantry-exec\r\n\r\n"); err != nil {
		return
	}
	frames := datachannel.Frames(stream{conn, buffered.Reader})
	raw, err := frames.Read()
	var ticket structs.ExecTicket
	if err != nil || json.Unmarshal(raw, &ticket) != nil {
		return
	}
	_ = conn.SetDeadline(time.Time{})
	found, refusal := s.admit(ticket)
	if refusal != "" {
		_ = frames.Write(datachannel.Closed(ticket.Session, refusal)) // or the server is gone
		return
	}
	found.serve(frames)
}

// stream is a connection of which something may have been read already.
type stream struct {
	net.Conn
	in *bufio.Reader
}

func (s stream) Read(b []byte) (int, error) { return s.in.Read(b) }

// admit returns the session that a ticket is for, or why it cannot have it, for people.
func (s *Sessions) admit(t structs.ExecTicket) (*session, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, now := s.sessions[t.Session], structs.TimeOf(time.Now())
	for session, expires := range s.used {
		if expires < now {
			delete(s.used, session)
		}
	}
	switch {
	case s.ctx == nil:
		return nil, "The agent of the container instance is starting or stopping. Try again."
	case t.Resumes && (found == nil || found.ticket.Who != t.Who):
		return nil, "The session has ended."
	case t.Resumes:
		return found, ""
	case s.used[t.Session] != 0:
		return nil, "The token of this session was used already. Run the command again."
	}
	s.used[t.Session] = t.Expires
	ctx, cancel := context.WithCancelCause(s.ctx)
	found = newSession(s, t, cancel)
	s.sessions[t.Session] = found
	s.work.Go(func() {
		defer cancel(nil)
		found.work(ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.sessions, t.Session)
	})
	return found, ""
}

// Why a session is cut off.
var (
	errTerminated = errors.New("the session was terminated")
	errGone       = errors.New("its client has gone")
	errIdle       = errors.New("the session was idle")
)
