package testutil

import "time"

// Freeze stops the server or the agent of a host until Thaw or its end, as Network.Freeze
// describes.
func (s *Servers) Freeze(host string) {
	s.Network.Freeze(host)
	if a := s.Agent(host); a != nil {
		s.Engine.Freeze(a.Instance())
	}
}

// Thaw undoes Freeze.
func (s *Servers) Thaw(host string) {
	s.Network.Thaw(host)
	if a := s.Agent(host); a != nil {
		s.Engine.Thaw(a.Instance())
	}
}

// SetClock sets the clock of a host ahead of the true time, or behind it. As on a real host, timers
// are not affected.
func (s *Servers) SetClock(host string, ahead time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clocks[host] = ahead
}

// clock returns the clock of a host.
func (s *Servers) clock(host string) func() time.Time {
	return func() time.Time {
		s.mu.Lock()
		defer s.mu.Unlock()
		return time.Now().Round(0).Add(s.clocks[host])
	}
}
