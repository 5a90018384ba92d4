package cluster

import (
	"testing"
	"time"
)

// A server that comes back without its disk does not vote for the one that it was: of three, one lags behind, one has all that was acknowledged,
// and the third, which had it too, has lost it. As long as the second is away nobody leads.
func TestNoVoteWithoutMemory(t *testing.T) {
	inServers(t, func(t *testing.T, s *servers) {
		has := s.Leader()
		lags, forgets := has%3+1, (has+1)%3+1
		s.write("a")
		s.cutOff(s.Host(lags), s.Host(has))
		s.cutOff(s.Host(lags), s.Host(forgets))
		s.write("b")
		s.Crash(has)
		s.Crash(forgets)
		s.Replace(forgets)
		s.Network.MendAll()
		s.Start(forgets)
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
			if n := s.Leader(); n != 0 {
				t.Fatalf("server %d leads, and lacks what was acknowledged", n)
			}
		}
		s.Start(has)
		s.Eventually("the one that knows all leads", func() bool { return s.Leader() != 0 })
		s.has("a", "b")
		s.Eventually("the other one has a vote of its own", func() bool { return s.voters() == 3 })
	})
}
