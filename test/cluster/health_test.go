package cluster

import (
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// TestEngineThatHangs: an instance whose engine no longer answers keeps its running tasks, gets no
// new ones, and gives up those that had not started, which then run elsewhere. When the engine
// works again, everything is as asked for, in one container each.
func TestEngineThatHangs(t *testing.T) {
	const host = "10.0.1.1"
	inCluster(t, func(t *testing.T, s *servers) {
		time.Sleep(10 * time.Second)
		before, instance := s.up(), s.Agent(host).Instance()
		s.Engine.Hang(instance)
		s.scale(12) // before anybody knows
		time.Sleep(15 * time.Second)
		i := s.instance(host)
		if i.Runtime.Status != structs.HealthImpaired || !i.AgentConnected {
			t.Errorf("fifteen seconds later the engine is %+v, the agent connected: %v", i.Runtime, i.AgentConnected)
		}
		if up := s.up(); up[host] != before[host] {
			t.Errorf("%d tasks ran there, and now %d", before[host], up[host])
		}
		s.Eventually("twelve tasks run, those that waited for the engine elsewhere", func() bool {
			return total(s.up()) == 12 && s.up()[host] == before[host]
		})
		s.scale(15)
		s.Eventually("fifteen tasks run, and none more there", func() bool {
			return total(s.up()) == 15 && s.up()[host] == before[host]
		})
		given := 0
		for _, task := range s.tasks() {
			if task.Instance == instance && task.StopCode == structs.StopTaskFailedToStart && strings.Contains(task.StoppedReason, "container engine") {
				given++
			}
		}
		if given == 0 {
			t.Error("no task was given up for the engine's sake")
		}
		s.Engine.Resume(instance)
		s.Eventually("the engine counts as OK", func() bool { return s.instance(host).Runtime.Status == structs.HealthOK })
		s.scale(18)
		s.Eventually("it gets work again", func() bool { return total(s.up()) == 18 && s.up()[host] > before[host] && s.containersUp() == 18 })
		time.Sleep(time.Minute)
		if up := s.up(); total(up) != 18 || s.containersUp() != 18 {
			t.Errorf("a minute later %v are up, in %d containers", up, s.containersUp())
		}
	})
}

// TestAllEnginesHang: tasks that find no place wait, and start by themselves when one engine works
// again.
func TestAllEnginesHang(t *testing.T) {
	inCluster(t, func(t *testing.T, s *servers) {
		for _, host := range s.Agents() {
			s.Engine.Hang(s.Agent(host).Instance())
		}
		time.Sleep(20 * time.Second)
		s.scale(9)
		time.Sleep(time.Minute)
		if up := total(s.up()); up != 6 || len(s.tasks()) != 6 {
			t.Errorf("%d tasks are up, of %d", up, len(s.tasks()))
		}
		s.Engine.Resume(s.Agent("10.0.1.2").Instance())
		began := time.Now()
		s.Eventually("those that waited run", func() bool { return total(s.up()) == 9 })
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("it took %s", took)
		}
		for _, host := range s.Agents() {
			s.Engine.Resume(s.Agent(host).Instance())
		}
	})
}

// TestInstanceThatIsLostAgainAndAgain: such an instance waits longer each time before it gets work,
// says so, and then gets work by itself.
func TestInstanceThatIsLostAgainAndAgain(t *testing.T) {
	const host = "10.0.1.1"
	inCluster(t, func(t *testing.T, s *servers) {
		s.only(host) // what is started from here on has no other place
		for n, wait := range []time.Duration{0, 10 * time.Second, 20 * time.Second, 40 * time.Second} {
			for server := 1; server <= 3; server++ {
				s.cutOff(host, s.Host(server))
			}
			s.Eventually("it is lost", func() bool { return !s.instance(host).AgentConnected })
			for server := 1; server <= 3; server++ {
				s.Network.Mend(host, s.Host(server))
				s.Network.Mend(s.Host(server), host)
			}
			s.Eventually("it is back", func() bool { return s.instance(host).AgentConnected })
			back := time.Now()
			if trouble := s.instance(host).Trouble(); (wait > 0) != strings.Contains(trouble, "takes no work until") {
				t.Errorf("after loss %d: %q", n+1, trouble)
			}
			s.scale(7 + n)
			s.Eventually("a task more runs", func() bool { return total(s.up()) == 7+n })
			if took := time.Since(back); took < wait || took > wait+5*time.Second {
				t.Errorf("after loss %d it took %s until it took work, want %s", n+1, took, wait)
			}
		}
	})
}

// TestDeregisteredWhileCutOff: an agent that comes back finds that its instance no longer exists,
// and stops its tasks.
func TestDeregisteredWhileCutOff(t *testing.T) {
	const host = "10.0.1.1"
	inCluster(t, func(t *testing.T, s *servers) {
		instance := s.Agent(host).Instance()
		for n := 1; n <= 3; n++ {
			s.cutOff(host, s.Host(n))
		}
		s.Eventually("it is lost, and its tasks run elsewhere", func() bool { return total(s.up()) == 6 && s.up()[host] == 0 })
		s.must("it is deregistered", func(c *control.Control) error {
			_, err := c.DeregisterInstance(t.Context(), structs.DefaultCluster, instance, true)
			return err
		})
		for n := 1; n <= 3; n++ {
			s.Network.Mend(host, s.Host(n))
			s.Network.Mend(s.Host(n), host)
		}
		s.Eventually("nothing runs on it any more", func() bool { return s.containersUp() == 6 && total(s.up()) == 6 })
		s.StopAgent(host)
		s.StartAgent(host, "a")
		s.Eventually("started again, it is back", func() bool { return s.instance(host).TakesTasks() })
	})
}

// scale changes the count of the service.
func (s *servers) scale(count int) {
	s.t.Helper()
	s.must("the service is scaled", func(c *control.Control) error {
		_, err := c.UpdateService(s.t.Context(), control.UpdateServiceInput{Cluster: structs.DefaultCluster, Name: "web", ServiceChange: control.ServiceChange{Count: &count}})
		return err
	})
}

// only takes all other instances out of placement.
func (s *servers) only(host string) {
	s.t.Helper()
	var others []string
	for _, other := range s.Agents() {
		if other != host {
			others = append(others, s.Agent(other).Instance())
		}
	}
	s.must("the others are drained", func(c *control.Control) error {
		_, _, err := c.SetInstanceStatus(s.t.Context(), structs.DefaultCluster, others, structs.InstanceDraining)
		return err
	})
}

// instance returns the row of a host's instance.
func (s *servers) instance(host string) (row *structs.ContainerInstance) {
	s.must("a read is answered", func(c *control.Control) error {
		snap, err := c.Read(s.t.Context())
		if err == nil {
			for i := range snap.AllInstances() {
				if i.Name == host {
					row = i
				}
			}
		}
		return err
	})
	return row
}

// tasks returns all tasks.
func (s *servers) tasks() (list []*structs.Task) {
	s.must("a read is answered", func(c *control.Control) error {
		snap, err := c.Read(s.t.Context())
		if err == nil {
			list = nil
			for task := range snap.AllTasks() {
				list = append(list, task)
			}
		}
		return err
	})
	return list
}
