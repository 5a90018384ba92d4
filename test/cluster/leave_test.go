package cluster

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// voters returns the number of peers with a vote, as the leader has them.
func (s *servers) voters() (n int) {
	leader := s.Leader()
	if leader == 0 {
		return 0
	}
	for _, p := range s.Server(leader).RaftPeers(s.t.Context()).Peers {
		if p.Voter {
			n++
		}
	}
	return n
}

// leave lets a server leave, as its process does.
func (s *servers) leave(n int) {
	s.t.Helper()
	if err := s.Client(n).Leave(s.t.Context()); err != nil {
		s.t.Fatalf("server %d cannot leave: %v", n, err)
	}
	select {
	case <-s.Server(n).Left():
	default:
		s.t.Fatalf("server %d has left and does not end", n)
	}
	s.Stop(n)
}

// Five servers become three, and the leader is among those that leave. The three are a cluster that
// survives the loss of one.
func TestFiveBecomeThree(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		s := &servers{testutil.NewServers(t, 5), t}
		s.Start(1, 2, 3, 4, 5)
		s.Eventually("five vote", func() bool { return s.voters() == 5 })
		s.write("a")
		s.leave(s.Leader())
		s.Eventually("another leads, of four", func() bool { return s.voters() == 4 })
		s.leave(s.follower())
		s.Eventually("three vote", func() bool { return s.voters() == 3 })
		s.Crash(s.Leader())
		s.Eventually("two of three go on", func() bool { return s.Leader() > 0 })
		s.write("b")
		s.has("a", "b")
	})
}

// write registers an instance with a name through any server.
func (s *servers) write(name string) {
	s.t.Helper()
	c := s.Client(s.Running()[0])
	s.Eventually("a write is acknowledged", func() bool {
		_, err := c.Register(s.t.Context(), structs.ContainerInstance{ID: fmt.Sprintf("%032x", name), Name: name})
		return err == nil
	})
}

// has checks that a server answers with what write made, and with nothing else.
func (s *servers) has(names ...string) {
	s.t.Helper()
	var got []string
	c := s.Client(s.Running()[len(s.Running())-1])
	s.Eventually("a read is answered", func() bool {
		list, err := c.Instances(s.t.Context(), structs.DefaultCluster)
		got = nil
		for _, i := range list.Instances {
			got = append(got, i.Name)
		}
		return err == nil
	})
	if slices.Sort(got); !slices.Equal(got, names) {
		s.t.Errorf("there is %v, not %v", got, names)
	}
}

// Three become five by starting two more; then any two may die.
func TestThreeBecomeFive(t *testing.T) {
	inServers(t, func(t *testing.T, s *servers) {
		s.write("a")
		s.Start(4, 5)
		s.Eventually("five vote", func() bool { return s.voters() == 5 })
		s.Crash(s.Leader())
		s.Crash(s.Running()[0])
		s.Eventually("three of five go on", func() bool { return s.Leader() > 0 })
		s.write("b")
		s.has("a", "b")
	})
}

// A server that the others need refuses to leave.
func TestLeaveIsRefused(t *testing.T) {
	inServers(t, func(t *testing.T, s *servers) {
		s.Crash(s.follower())
		time.Sleep(time.Second)
		for _, n := range s.Running() {
			if err := s.Client(n).Leave(t.Context()); structs.KindOf(err) != structs.KindConflict {
				t.Errorf("server %d may leave the only other one: %v", n, err)
			}
		}
		s.Eventually("the two go on", func() bool { return s.Leader() > 0 })
	})
}

// A server that was allowed to leave stays if one of those that would stay dies before it is gone,
// because they would be too few. It leaves once they are enough.
func TestLeaverIsNeededAfterAll(t *testing.T) {
	inServers(t, func(t *testing.T, s *servers) {
		s.Eventually("three vote", func() bool { return s.voters() == 3 })
		leader := s.Leader()
		leaver, other := leader%3+1, (leader+1)%3+1
		ended := make(chan error, 1)
		go func() { ended <- s.Server(leaver).Leave(t.Context()) }()
		time.Sleep(50 * time.Millisecond)
		s.Crash(other)
		if err := <-ended; structs.KindOf(err) != structs.KindUnavailable {
			t.Errorf("it leaves a server alone: %v", err)
		}
		select {
		case <-s.Server(leaver).Left():
			t.Fatal("it ends")
		default:
		}
		s.write("a")
		s.Start(other)
		s.Eventually("the leaver hears it", func() bool {
			return !slices.ContainsFunc(s.Server(leaver).RaftPeers(t.Context()).Peers, func(p structs.Peer) bool { return !p.Answers })
		})
		s.leave(leaver)
		s.Eventually("two vote", func() bool { return s.voters() == 2 })
		s.write("b")
		s.has("a", "b")
	})
}

// A server that left comes back when it is started again.
func TestLeftServerJoinsAgain(t *testing.T) {
	inServers(t, func(t *testing.T, s *servers) {
		n := s.follower()
		s.leave(n)
		s.Eventually("two vote", func() bool { return s.voters() == 2 })
		s.Start(n)
		s.Eventually("three vote", func() bool { return s.voters() == 3 })
	})
}

// A server with an empty disk that knows only servers which have left for good is found by those
// that look for it.
func TestEmptyServerIsSought(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		s := &servers{testutil.NewServers(t, 3), t}
		s.Start(1, 2, 3)
		s.Eventually("three vote", func() bool { return s.voters() == 3 })
		s.Start(4, 5)
		s.Eventually("five vote", func() bool { return s.voters() == 5 })
		for _, n := range []int{3, 2, 1} {
			s.leave(n)
			s.Eventually("one less votes", func() bool { return s.voters() == n+1 })
		}
		s.Replace(1) // all are told to join by 1, 2 and 3
		s.Start(1)
		s.Eventually("it votes", func() bool { return s.voters() == 3 })
	})
}
