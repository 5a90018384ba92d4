package testutil

import "github.com/gantry-project/gantry/process"

// StallDisk lets no write to the disk of a server return until MendDisk or the server's end.
func (s *Servers) StallDisk(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stalled[n] == nil {
		s.stalled[n] = make(chan struct{})
	}
}

// MendDisk lets the writes go on.
func (s *Servers) MendDisk(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.stalled[n]; c != nil {
		close(c)
		delete(s.stalled, n)
	}
}

// slowDisk waits while the disk of a server is stalled.
func (s *Servers) slowDisk(n int) {
	s.mu.Lock()
	c := s.stalled[n]
	s.mu.Unlock()
	if c != nil {
		<-c
	}
}

// Failed reports whether a server has ended by itself, and is to be ended with Crash before it
// starts again.
func (s *Servers) Failed(n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed[s.running[n]]
}

// endFailed does what the process does whose server cannot go on: nothing of it reaches anybody any
// more.
func (s *Servers) endFailed(n int, p *process.Server) {
	<-p.Done()
	if !p.Broken() {
		return // stopped, or it has left
	}
	s.log.Error("the server ends", "server", n, "error", p.Err())
	s.Network.Crash(s.Host(n))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed[p] = true
}
