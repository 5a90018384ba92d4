package server_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// takesBeats reports whether a server takes an agent's beat.
func takesBeats(s *testutil.Servers, n int) bool {
	_, err := s.Control(n).Beat("0a")
	return err == nil
}

// beatsFor makes an agent beat at a server for a time, regardless of its answers.
func beatsFor(s *testutil.Servers, d time.Duration, n int) {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		takesBeats(s, n)
	}
}

// A server that cannot reach the leader sends its agents elsewhere, and takes them again once it
// can. A server whose cluster has no leader keeps them: no other server can do better.
func TestAgentsAreSentElsewhere(t *testing.T) {
	for name, c := range map[string]struct {
		size   int
		happen func(s *testutil.Servers, leader, follower int)
		keeps  bool
	}{
		"it is cut off": {3, func(s *testutil.Servers, leader, follower int) {
			for n := 1; n <= s.Size(); n++ {
				if n != follower {
					s.Network.Cut(s.Host(follower), s.Host(n))
				}
			}
		}, false},
		"only the leader is out of reach": {3, func(s *testutil.Servers, leader, follower int) {
			s.Network.Cut(s.Host(follower), s.Host(leader))
		}, false},
		"nobody leads": {5, func(s *testutil.Servers, leader, follower int) {
			s.Crash(leader)
			s.Crash(follower%s.Size() + 1)
			s.Crash((follower+1)%s.Size() + 1) // the two that are left are not a majority
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			faketime.Test(t, func(t *testing.T) {
				s := testutil.NewServers(t, c.size)
				for n := range c.size {
					s.Start(n + 1)
				}
				s.Eventually("a leader stands", func() bool { return s.Leader() != 0 })
				leader := s.Leader()
				follower := leader%s.Size() + 1
				beatsFor(s, 5*time.Second, follower)
				if !takesBeats(s, follower) {
					t.Fatal("a server that is well refuses a beat")
				}
				c.happen(s, leader, follower)
				beatsFor(s, structs.AgentLease+time.Second, follower)
				if takesBeats(s, follower) != c.keeps {
					t.Errorf("the server keeps its agents: %v", !c.keeps)
				}
				s.Network.MendAll()
				for n := 1; n <= s.Size(); n++ {
					if !slices.Contains(s.Running(), n) {
						s.Start(n)
					}
				}
				s.Eventually("the server takes beats again", func() bool { return takesBeats(s, follower) })
			})
		})
	}
}
