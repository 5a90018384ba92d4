package cluster

import (
	"testing"
	"time"
)

// A server that comes back without its disk does not vote as the server that it was. Of three, one
// lags behind, one has everything that was acknowledged, and the third, which had it too, has lost
// it. As long as the second is away, nobody leads.
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

// A server did not hear the leader while another server joined, got a vote, and lost most of the
// others. It votes for the newcomer, which alone has everything that was acknowledged: the two are
// enough. It may know nothing of the newcomer, or know that it came but not that it votes.
func TestVoteForAStranger(t *testing.T) {
	for name, knows := range map[string]bool{"not heard of": false, "no voter yet": true} {
		t.Run(name, func(t *testing.T) {
			inServers(t, func(t *testing.T, s *servers) {
				leader := s.Leader()
				lags, leaves := leader%3+1, (leader+1)%3+1
				if knows {
					s.Start(4)
					s.Eventually("it knows the fourth", func() bool { return len(s.Server(lags).RaftPeers(t.Context()).Peers) == 4 })
				}
				s.cutOff(s.Host(lags), s.Host(leader)) // gossip hears it by way of the others
				if !knows {
					s.Start(4)
				}
				s.Eventually("four vote", func() bool { return s.voters() == 4 })
				s.leave(leaves)
				s.Eventually("three vote", func() bool { return s.voters() == 3 })
				s.write("a")
				s.Crash(leader)
				s.Network.MendAll()
				s.Eventually("the fourth leads", func() bool { return s.Leader() == 4 })
				s.write("b")
				s.has("a", "b")
			})
		})
	}
}
