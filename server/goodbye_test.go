package server_test

import (
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// A server that says goodbye while it leads is removed from the peers. It stops in order, and can
// join again.
func TestLeaderSaysGoodbye(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		s := testutil.NewServers(t, 3)
		s.Start(1, 2, 3)
		s.Eventually("a leader stands", func() bool { return s.Leader() > 0 })
		gone := s.Leader()
		if err := s.Server(gone).Gossip().Leave(); err != nil {
			t.Fatal(err)
		}
		peers := func() int { return len(s.Server(s.Leader()).RaftPeers(t.Context()).Peers) }
		s.Eventually("another leads, of two", func() bool { return s.Leader() > 0 && s.Leader() != gone && peers() == 2 })
		s.Stop(gone)
		s.Start(gone)
		s.Eventually("it has joined again", func() bool { return s.Leader() > 0 && peers() == 3 })
	})
}

// A server can be stopped at any moment while it leaves.
func TestStopWhileLeaving(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		s := testutil.NewServers(t, 3)
		s.Start(1, 2, 3)
		s.Eventually("a leader stands", func() bool { return s.Leader() > 0 })
		leaves := s.Leader()%3 + 1
		for _, after := range []time.Duration{
			0, 50 * time.Millisecond, 200 * time.Millisecond, time.Second, 3 * time.Second, 6 * time.Second, 9 * time.Second,
		} {
			for n := 1; n <= 3; n++ { // nobody hears the goodbye, so it takes its time
				s.Network.SetLink(s.Host(leaves), s.Host(n), testutil.Link{NoPackets: true})
			}
			ended := make(chan error)
			server := s.Server(leaves)
			go func() { ended <- server.Leave(t.Context()) }()
			time.Sleep(after)
			s.Crash(leaves)
			<-ended
			s.Network.MendAll()
			s.Start(leaves)
			s.Eventually("three vote", func() bool {
				if s.Leader() == 0 {
					return false
				}
				votes := 0
				for _, p := range s.Server(s.Leader()).RaftPeers(t.Context()).Peers {
					if p.Voter && p.Answers {
						votes++
					}
				}
				return votes == 3
			})
		}
	})
}

// A goodbye that was said in the name of a server, as for a dead one, is taken back when the server
// is there after all.
func TestGoodbyeOfOneThatStays(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		s := testutil.NewServers(t, 3)
		s.Start(1, 2, 3)
		s.Eventually("a leader stands", func() bool { return s.Leader() > 0 })
		leader := s.Leader()
		other := 1 + leader%3
		status := func() string {
			member, _ := s.Server(leader).Gossip().Server(s.ID(other))
			return member.Status
		}
		s.Eventually("the leader knows the other", func() bool { return status() == structs.MemberAlive })
		for n := 1; n <= 3; n++ {
			s.Network.SetLink(s.Host(leader), s.Host(n), testutil.Link{NoPackets: true})
		}
		_ = s.Server(leader).Gossip().Forget(s.ID(other)) // nobody hears of it
		s.Eventually("the leader takes the other for one that leaves", func() bool { return status() == structs.MemberLeaving })
		s.Network.MendAll()
		s.Eventually("the leader knows better", func() bool { return s.Leader() == leader && status() == structs.MemberAlive })
		time.Sleep(time.Minute)
		if got := status(); got != structs.MemberAlive {
			t.Errorf("a minute later it is %s", got)
		}
	})
}
