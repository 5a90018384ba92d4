package cluster

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// servers is a cluster of several servers, and its user.
type servers struct {
	*testutil.Servers
	t *testing.T
}

// inServers runs a test under fake time on three servers that have formed a cluster.
func inServers(t *testing.T, test func(*testing.T, *servers)) {
	t.Helper()
	faketime.Test(t, func(t *testing.T) {
		s := &servers{testutil.NewServers(t, 3), t}
		s.Start(1, 2, 3)
		s.Eventually("a leader stands", func() bool { return s.Leader() > 0 })
		test(t, s)
	})
}

// follower returns the number of a server that runs and does not lead.
func (s *servers) follower() int {
	leader := s.Leader()
	return s.Running()[slices.IndexFunc(s.Running(), func(n int) bool { return n != leader })]
}

// must asks whichever server leads.
func (s *servers) must(what string, verb func(*control.Control) error) {
	s.t.Helper()
	s.Eventually(what, func() bool {
		leader := s.Leader()
		return leader > 0 && verb(s.Control(leader)) == nil
	})
}

// serve makes a service of the definition web.
func (s *servers) serve(count int) {
	s.t.Helper()
	s.must("the definition is registered", func(c *control.Control) error {
		_, err := c.RegisterTaskDefinition(s.t.Context(), structs.TaskDefinition{
			Family: "web", ContainerDefinitions: []structs.ContainerDefinition{{Name: "app", Image: "app", Memory: new(int32(16))}},
		}, nil)
		return err
	})
	s.must("the service is made", func(c *control.Control) error {
		_, err := c.CreateService(s.t.Context(), control.CreateServiceInput{
			Cluster: structs.DefaultCluster, Name: "web", ServiceChange: control.ServiceChange{TaskDefinition: "web", Count: &count},
		})
		return err
	})
}

// up returns the number of tasks that are RUNNING for the leader, by the host of their instance.
func (s *servers) up() map[string]int {
	n := map[string]int{}
	leader := s.Leader()
	if leader == 0 {
		return n
	}
	snap, err := s.Control(leader).Read(s.t.Context())
	if err != nil {
		return n
	}
	for t := range snap.AllTasks() {
		if i := snap.Instance(t.Instance); t.LastStatus == structs.TaskRunning && t.DesiredStatus == structs.TaskRunning && i.AgentConnected {
			n[i.Name]++
		}
	}
	return n
}

// total returns the sum of what up returned.
func total(up map[string]int) (sum int) {
	for _, n := range up {
		sum += n
	}
	return sum
}

// Three servers form one cluster, and each of them accepts calls.
func TestServersForm(t *testing.T) {
	inServers(t, func(t *testing.T, s *servers) {
		for n := 1; n <= 3; n++ {
			s.Eventually("the server knows the leader", func() bool { return s.Server(n).Leader() == s.HTTP(s.Leader()) })
			if members := s.Server(n).Members(); len(members) != 3 {
				t.Errorf("server %d knows %v", n, members)
			}
			c := s.Client(n)
			s.Eventually("a call is answered", func() bool {
				_, err := c.Register(t.Context(), structs.ContainerInstance{ID: fmt.Sprintf("%032x", n), Name: "x"})
				return err == nil
			})
			list, err := c.Instances(t.Context(), structs.DefaultCluster)
			if err != nil || len(list.Instances) != n {
				t.Errorf("server %d answers with %d instances, %v", n, len(list.Instances), err)
			}
		}
	})
}

// Two of three servers are no cluster. It forms when the third has come, even if one was away for a
// while in between.
func TestServersWaitForEachOther(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		s := testutil.NewServers(t, 3)
		s.Start(1, 2)
		time.Sleep(20 * time.Second)
		if s.Leader() > 0 {
			t.Fatal("two of three servers have formed a cluster")
		}
		s.Crash(1)
		s.Start(3)
		time.Sleep(20 * time.Second)
		if s.Leader() > 0 {
			t.Fatal("two of three servers have formed a cluster")
		}
		s.Start(1)
		s.Eventually("a leader stands", func() bool { return s.Leader() > 0 })
	})
}

// What was acknowledged survives the crash of any server, and of all.
func TestAcknowledgedWritesSurvive(t *testing.T) {
	inServers(t, func(t *testing.T, s *servers) {
		var acknowledged []string
		write := func() {
			c := s.Client(s.Running()[len(acknowledged)%len(s.Running())])
			id := fmt.Sprintf("%032x", len(acknowledged)+1)
			s.Eventually("a write is acknowledged", func() bool {
				_, err := c.Register(t.Context(), structs.ContainerInstance{ID: id, Name: id})
				return err == nil
			})
			acknowledged = append(acknowledged, id)
		}
		check := func(n int) {
			t.Helper()
			var list structs.InstanceList
			s.Eventually("a read is answered", func() (ok bool) {
				var err error
				list, err = s.Client(n).Instances(t.Context(), structs.DefaultCluster)
				return err == nil
			})
			if len(list.Instances) != len(acknowledged) {
				t.Fatalf("of %d acknowledged writes %d are there", len(acknowledged), len(list.Instances))
			}
		}
		for round := range 12 {
			write()
			down := s.Leader()
			if round%3 == 2 {
				down = s.follower()
			}
			s.Crash(down)
			write()
			check(s.Running()[round%2])
			s.Start(down)
			write()
			check(down)
		}
		s.Crash(1)
		s.Crash(2)
		s.Crash(3)
		s.Start(1, 2, 3)
		check(2)
	})
}

// A leader that is cut off from the others returns no stale reads and accepts no writes.
func TestLeaderCutOff(t *testing.T) {
	inServers(t, func(t *testing.T, s *servers) {
		old := s.Leader()
		for n := 1; n <= 3; n++ {
			s.Network.Cut(s.Host(old), s.Host(n))
			s.Network.Cut(s.Host(n), s.Host(old))
		}
		if _, err := s.Control(old).Read(t.Context()); err == nil {
			t.Error("a leader that is cut off answers a read")
		}
		s.Eventually("another leads", func() bool { return s.Leader() > 0 && s.Leader() != old })
		c := s.Client(s.Leader())
		s.Eventually("a write is acknowledged", func() bool {
			_, err := c.Register(t.Context(), structs.ContainerInstance{ID: fmt.Sprintf("%032x", 7)})
			return err == nil
		})
		if list, err := s.Client(old).Instances(t.Context(), structs.DefaultCluster); err == nil {
			t.Errorf("the one that was cut off answers %+v", list)
		}
		for n := 1; n <= 3; n++ {
			s.Network.Mend(s.Host(old), s.Host(n))
			s.Network.Mend(s.Host(n), s.Host(old))
		}
		s.Eventually("the one that was cut off answers with what was written meanwhile", func() bool {
			list, err := s.Client(old).Instances(t.Context(), structs.DefaultCluster)
			return err == nil && len(list.Instances) == 1
		})
	})
}

// An agent that restarts within its lease, or whose server dies, loses nothing.
func TestNothingIsLost(t *testing.T) {
	inCluster(t, func(t *testing.T, s *servers) {
		before := s.taskIDs()
		s.StopAgent("10.0.1.2")
		time.Sleep(time.Second) // the last beat was up to a second before
		s.StartAgent("10.0.1.2", "b")
		for n := 1; n <= 3; n++ {
			s.Crash(n)
			time.Sleep(3 * time.Second)
			s.Start(n)
			time.Sleep(5 * time.Second)
		}
		s.Eventually("the service is up", func() bool { return total(s.up()) == 6 })
		if after := s.taskIDs(); !slices.Equal(before, after) {
			t.Errorf("tasks were %v and are %v", before, after)
		}
	})
}

// taskIDs returns the ids of the tasks that should run.
func (s *servers) taskIDs() (ids []string) {
	s.t.Helper()
	s.must("a read is answered", func(c *control.Control) error {
		snap, err := c.Read(s.t.Context())
		if err != nil {
			return err
		}
		for task := range snap.AllTasks() {
			if task.DesiredStatus == structs.TaskRunning {
				ids = append(ids, task.ID)
			}
		}
		return nil
	})
	return ids
}
