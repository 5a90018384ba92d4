package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"

	"github.com/gantry-project/gantry/access"
	"github.com/gantry-project/gantry/server"
	"github.com/gantry-project/gantry/structs"
)

// Server is a server with all its doors. Make it with NewServer, start it once with Start.
type Server struct {
	outcome
	config   ServerConfig
	server   *server.Server
	audit    *access.Audit // nil: alone
	http     *http.Server
	listener net.Listener

	serving sync.WaitGroup // Serve and watch
	halt    sync.Once
	closing chan struct{} // closed when streams are to end
	stopped chan struct{} // closed when nothing is left to watch
	// broken is closed when the server has failed, so that nothing can be stopped in order; failure
	// is set before that.
	broken  chan struct{}
	failure error
}

// Start begins to take calls.
func (s *Server) Start() {
	s.serving.Go(func() {
		if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			s.end(err)
		}
	})
	s.serving.Go(s.watch)
}

// watch notes that the server has left the cluster, or has failed, until it is stopped.
func (s *Server) watch() {
	left := s.server.Left()
	for {
		select {
		case <-left:
			s.end(nil)
			left = nil
		case err := <-s.server.Failed():
			hangUp(s.http)
			s.failure = err
			close(s.broken)
			s.end(err)
			return
		case <-s.stopped:
			return
		}
	}
}

// Stop ends streams, answers calls under way until ctx ends, and closes the data directory. When
// the server fails, before or meanwhile, it returns at once: nothing can be stopped in order then.
func (s *Server) Stop(ctx context.Context) error {
	return s.inOrder(func() error { return s.stop(ctx) })
}

// inOrder runs stop unless the server has failed, and stops waiting for it when the server fails.
// It returns the error of stop joined with that of a part that failed before.
func (s *Server) inOrder(stop func() error) error {
	if s.Broken() {
		return s.failure
	}
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	select {
	case err := <-stopped:
		return errors.Join(s.Err(), err)
	case <-s.broken:
		return s.failure
	}
}

func (s *Server) stop(ctx context.Context) error {
	s.endStreams()
	err := s.http.Shutdown(ctx)
	if err != nil {
		s.http.Close()
		err = fmt.Errorf("wait for calls under way: %w", err)
	}
	return errors.Join(err, s.close(s.server.Stop()))
}

// Kill ends the server as a crash does, as far as a process can: its log ends first, then all
// connections break. Unlike Stop it also waits for a server that has failed. For tests.
func (s *Server) Kill() error {
	err := s.server.Stop()
	s.endStreams()
	s.http.Close()
	return s.close(err)
}

func (s *Server) endStreams() { s.halt.Do(func() { close(s.closing) }) }

// close ends everything besides the server itself, and waits for it. It adds to err.
func (s *Server) close(err error) error {
	s.listener.Close() // which Start would have handed to http
	if s.audit != nil {
		err = errors.Join(err, s.audit.Close())
	}
	close(s.stopped)
	s.serving.Wait()
	s.end(nil)
	return err
}

// Broken reports whether the server has failed in a way that leaves nothing to stop in order, as
// when its disk hangs.
func (s *Server) Broken() bool {
	select {
	case <-s.broken:
		return true
	default:
		return false
	}
}

// Core returns the server behind the doors.
func (s *Server) Core() *server.Server { return s.server }

// ID returns the id of the server among its peers.
func (s *Server) ID() string { return s.server.ID() }

// Name returns the name of the server for people.
func (s *Server) Name() string { return s.config.Name }

// Ready returns why the server does not take calls yet, or nil.
func (s *Server) Ready() error { return s.server.Ready() }

// URL returns the address of the APIs.
func (s *Server) URL() string {
	scheme := "https://"
	if s.config.Secret == nil {
		scheme = "http://"
	}
	return scheme + s.address()
}

// address returns host:port of the APIs. A server that is alone may have picked a free port.
func (s *Server) address() string {
	if s.config.Alone {
		return s.listener.Addr().String()
	}
	return s.config.Reached(s.config.HTTPPort)
}

// itself returns the only member of a cluster of one server, as there is no gossip.
func (s *Server) itself() []structs.Member {
	return []structs.Member{{
		ID: s.ID(), Name: s.config.Name, Role: structs.RoleServer, Status: structs.MemberAlive, Zone: s.config.Zone,
		Version: s.config.Version, HTTP: s.address(),
	}}
}

// itselfLeading returns the address of a server that is alone, once it leads.
func (s *Server) itselfLeading() string {
	if !s.server.Leads() {
		return ""
	}
	return s.address()
}

// front answers GET / for people.
func (s *Server) front(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintf(w, "gantry server %s speaks the Amazon ECS API here, and its own under /v1.\n", s.config.Name)
}
