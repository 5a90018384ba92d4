package cluster

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

// inCluster is inServers with an agent in each of three zones, and a service of six.
func inCluster(t *testing.T, test func(*testing.T, *servers), change ...func(*agent.Config)) {
	t.Helper()
	inServers(t, func(t *testing.T, s *servers) {
		for n, zone := range []string{"a", "b", "c"} {
			s.StartAgent(fmt.Sprintf("10.0.1.%d", n+1), zone, change...)
		}
		s.Eventually("the agents are ready", func() bool {
			list, err := s.Client(1).Instances(t.Context(), structs.DefaultCluster)
			return err == nil && len(list.Instances) == 3 &&
				!slices.ContainsFunc(list.Instances, func(i structs.InstanceUsage) bool { return !i.AgentConnected })
		})
		s.serve(6)
		s.Eventually("the service is up", func() bool { return total(s.up()) == 6 })
		test(t, s)
	})
}

// The tasks of a silent instance run elsewhere in less than five seconds, and in less than six if
// the leader dies at the same instant.
func TestLostInstance(t *testing.T) {
	for name, c := range map[string]struct {
		leader bool
		within time.Duration
	}{
		"instance":            {false, 5 * time.Second},
		"instance and leader": {true, 6 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inCluster(t, func(t *testing.T, s *servers) {
				time.Sleep(10 * time.Second)
				began := time.Now()
				for n := 1; n <= 3; n++ {
					s.cutOff("10.0.1.1", s.Host(n))
				}
				if c.leader {
					s.Crash(s.Leader())
				}
				s.Eventually("six tasks run on two instances", func() bool {
					up := s.up()
					return total(up) == 6 && up["10.0.1.1"] == 0
				})
				if took := time.Since(began); took > c.within {
					t.Errorf("it took %s", took)
				}
				for n := 1; n <= 3; n++ {
					s.Network.Mend("10.0.1.1", s.Host(n))
					s.Network.Mend(s.Host(n), "10.0.1.1")
				}
				s.Eventually("what was replaced is gone, and nothing runs twice", func() bool {
					return total(s.up()) == 6 && s.containersUp() == 6
				})
				time.Sleep(time.Minute)
				if up := s.up(); total(up) != 6 || s.containersUp() != 6 {
					t.Errorf("a minute later %v are up, in %d containers", up, s.containersUp())
				}
			})
		})
	}
}

// With a fencing agent, tasks on a machine that is cut off never run elsewhere at the same time,
// even if a server that is cut off together with the agent still answers it. The tasks stay if only
// the leader dies, or if only that server loses its way to the leader.
func TestFencedInstance(t *testing.T) {
	const host = "10.0.1.1"
	for name, c := range map[string]struct {
		happen func(s *servers, theirs int) // to the machine's server
		stays  bool
	}{
		"alone": {func(s *servers, _ int) {
			for n := 1; n <= 3; n++ {
				s.cutOff(host, s.Host(n))
			}
		}, false},
		"with its server": {func(s *servers, theirs int) {
			for n := 1; n <= 3; n++ {
				if n != theirs {
					s.cutOff(host, s.Host(n))
					s.cutOff(s.Host(theirs), s.Host(n))
				}
			}
		}, false},
		"its server from the others": {func(s *servers, theirs int) {
			for n := 1; n <= 3; n++ {
				if n != theirs {
					s.cutOff(s.Host(theirs), s.Host(n))
				}
			}
		}, true},
		"its server dies":    {func(s *servers, theirs int) { s.Crash(theirs) }, true},
		"the leader dies":    {func(s *servers, _ int) { s.Crash(s.Leader()) }, true},
		"the leader freezes": {func(s *servers, _ int) { s.Network.Freeze(s.Host(s.Leader())) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			inCluster(t, func(t *testing.T, s *servers) {
				time.Sleep(10 * time.Second)
				before := s.taskIDs()
				theirs := 1
				if s.Leader() == theirs { // in the machine's zone; it is to be a follower
					s.Crash(theirs)
					s.Eventually("another leads", func() bool { return s.Leader() > 0 })
					s.Start(theirs)
					time.Sleep(time.Minute) // the agent goes back to its zone's
				}
				c.happen(s, theirs)
				most := 0
				for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
					most = max(most, s.containersUp())
				}
				if most > 6 || s.containersUp() != 6 {
					t.Errorf("%d containers ran at a time, and now %d", most, s.containersUp())
				}
				if after := s.taskIDs(); slices.Equal(before, after) != c.stays {
					t.Errorf("tasks were %v and are %v", before, after)
				}
			}, func(c *agent.Config) { c.StopOnDisconnect = true })
		})
	}
}

// An agent whose container engine is slow still counts as connected, even if it opens another
// stream meanwhile.
func TestSlowEngine(t *testing.T) {
	inCluster(t, func(t *testing.T, s *servers) {
		before := s.taskIDs()
		s.Engine.SetAway(true)
		for n := 1; n <= 3; n++ {
			s.Crash(n)
			s.Start(n)
			for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
				leader := s.Leader()
				if leader == 0 {
					continue
				}
				for i := range testutil.StateOf(t, s.Control(leader)).AllInstances() {
					if !i.AgentConnected {
						t.Fatalf("the instance %s counts as lost", i.Name)
					}
				}
			}
		}
		s.Engine.SetAway(false)
		s.Eventually("the service is up", func() bool { return total(s.up()) == 6 && s.containersUp() == 6 })
		if after := s.taskIDs(); !slices.Equal(before, after) {
			t.Errorf("tasks were %v and are %v", before, after)
		}
	})
}

// cutOff cuts the link between two hosts in both directions.
func (s *servers) cutOff(a, b string) {
	s.Network.Cut(a, b)
	s.Network.Cut(b, a)
}

// containersUp returns the number of running containers, whoever knows of them.
func (s *servers) containersUp() (n int) {
	for _, c := range s.Engine.All() {
		if c.State == runtime.ContainerRunning {
			n++
		}
	}
	return n
}
