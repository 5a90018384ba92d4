package testutil

import "github.com/gantry-project/gantry/process"

// StallDisk makes all writes to the disk of a server wait until MendDisk or the server's end.
func (s *Servers) StallDisk(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stalled[n] == nil {
		s.stalled[n] = make(chan struct{})
	}
}

// MendDisk undoes StallDisk.
func (s *Servers) MendDisk(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.stalled[n]; c != nil {
		close(c)
		delete(s.stalled, n)
	}
}

// slowDisk waits while the disk of a server stalls.
func (s *Servers) slowDisk(n int) {
	s.mu.Lock()
	c := s.stalled[n]
	s.mu.Unlock()
	if c != nil {
		<-c
	}
}

// Failed reports whether a server has ended by itself. Crash it before it is started again.
func (s *Servers) Failed(n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed[s.running[n]]
}

// endFailed cuts a server that has failed off the network, as the end of its process does.
func (s *Servers) endFailed(n int, p *process.Server) {
	<-p.Done()
	if !p.Broken() {
		return // it was stopped, or has left
	}
	s.log.Error("the server ends", "server", n, "error", p.Err())
	s.Network.Crash(s.Host(n))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed[p] = true
}
