package simulator_test

import (
	"bytes"
	"cmp"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// cluster is a cluster with services, daemons and tasks of RunTask, whose agents do what they are
// asked.
type cluster struct {
	*singlenode.Node
	t         *testing.T
	instances []string
}

func newCluster(t *testing.T) *cluster {
	c := &cluster{Node: singlenode.New(t), t: t}
	c.SetStep(time.Millisecond)
	return c
}

func (c *cluster) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *cluster) now() structs.Time { return c.Control.Now() }

// join registers an instance of a zone and connects its agent.
func (c *cluster) join(name, zone string, cpu, memory int64) string {
	c.t.Helper()
	i, err := c.Control.RegisterInstance(c.t.Context(), structs.ContainerInstance{
		Cluster: "default", Zone: zone, Name: name, Registered: structs.Resources{CPU: cpu, Memory: memory},
		Attributes: []structs.Attribute{{Name: "ecs.os-type", Value: "linux"}, {Name: structs.AttributeZone, Value: zone}},
	})
	c.must(err)
	c.MustApply(c.t, structs.SetAgentConnected{Instances: []string{i.ID}, Connected: true, At: i.RegisteredAt})
	c.instances = append(c.instances, i.ID)
	return i.ID
}

func (c *cluster) define(family string, cpu, memory int32) {
	c.t.Helper()
	_, err := c.Control.RegisterTaskDefinition(c.t.Context(), structs.TaskDefinition{
		Family: family, ContainerDefinitions: []structs.ContainerDefinition{{Name: "c", Image: "i", Cpu: cpu, Memory: &memory}},
	}, nil)
	c.must(err)
}

func (c *cluster) serve(name, family string, count int, change ...func(*control.CreateServiceInput)) {
	c.t.Helper()
	in := control.CreateServiceInput{Cluster: "default", Name: name, ServiceChange: control.ServiceChange{TaskDefinition: family, Count: &count}}
	for _, f := range change {
		f(&in)
	}
	_, err := c.Control.CreateService(c.t.Context(), in)
	c.must(err)
}

// round lets every connected agent do all that it is asked, then lets the scheduler go on; false
// when there was nothing to do.
func (c *cluster) round() (acted bool) {
	c.t.Helper()
	c.Batch(c.t, func() {
		snap := c.Store.Snapshot()
		for i := range snap.AllInstances() {
			var updates []structs.TaskUpdate
			for task := range snap.InstanceTasks(i.ID) {
				switch {
				case task.DesiredStatus == structs.TaskStopped:
					updates = append(updates, structs.TaskUpdate{Task: task.ID, Status: structs.TaskStopped, StoppedAt: c.now()})
				case task.LastStatus < structs.TaskRunning:
					updates = append(updates, structs.TaskUpdate{Task: task.ID, Status: structs.TaskRunning, StartedAt: c.now()})
				}
			}
			if i.AgentConnected && len(updates) > 0 {
				acted = true
				c.must(c.Control.ReportTasks(c.t.Context(), i.ID, 0, updates))
			}
		}
	})
	return acted
}

func (c *cluster) settle() {
	c.t.Helper()
	for range 1000 {
		if !c.round() {
			return
		}
	}
	c.t.Fatal("tasks come and go for ever")
}

// bytes returns the whole state in the format of a snapshot on disk.
func (c *cluster) bytes() []byte {
	c.t.Helper()
	snapshot, err := fsm.New(fsm.Config{Store: c.Store, Logger: slog.New(slog.DiscardHandler)}).Snapshot()
	c.must(err)
	var sink sink
	c.must(snapshot.Persist(&sink))
	return sink.Bytes()
}

type sink struct{ bytes.Buffer }

func (*sink) ID() string    { return "" }
func (*sink) Cancel() error { return nil }
func (*sink) Close() error  { return nil }

// drawCluster is a random cluster, some of whose services may lack room.
func drawCluster(t *testing.T, r *rapid.T) *cluster {
	c := newCluster(t)
	for n := range rapid.IntRange(2, 9).Draw(r, "instances") {
		c.join(fmt.Sprintf("host-%d", n), rapid.SampledFrom([]string{"a", "b", "c"}).Draw(r, "zone"),
			1024*rapid.Int64Range(1, 4).Draw(r, "cores"), 256*rapid.Int64Range(1, 8).Draw(r, "memory"))
	}
	families := []string{"small", "middle", "large"}
	c.define("small", 32, 64)
	c.define("middle", 256, 128)
	c.define("large", 128, 500)
	strategies := [][]structs.PlacementStrategy{
		nil, {{Type: "binpack", Field: "memory"}}, {{Type: "binpack", Field: "cpu"}}, {{Type: "spread", Field: "instanceId"}},
		{{Type: "spread", Field: "attribute:ecs.availability-zone"}, {Type: "binpack", Field: "memory"}},
	}
	constraints := [][]structs.PlacementConstraint{
		nil, nil, {{Type: "distinctInstance"}}, {{Type: "memberOf", Expression: "attribute:ecs.availability-zone != c"}},
	}
	for n := range rapid.IntRange(1, 5).Draw(r, "services") {
		c.serve(fmt.Sprintf("web-%d", n), rapid.SampledFrom(families).Draw(r, "family"), rapid.IntRange(0, 12).Draw(r, "count"),
			func(in *control.CreateServiceInput) {
				if in.Daemon = rapid.IntRange(0, 4).Draw(r, "daemon") == 1; in.Daemon {
					in.Count = nil
					return
				}
				in.PlacementStrategy = rapid.SampledFrom(strategies).Draw(r, "strategy")
				in.PlacementConstraints = rapid.SampledFrom(constraints).Draw(r, "constraints")
			})
	}
	for range rapid.IntRange(0, 2).Draw(r, "jobs") {
		_, err := c.Control.RunTask(t.Context(), control.RunTaskInput{Job: structs.Job{
			Cluster: "default", TaskDefinition: rapid.SampledFrom(families).Draw(r, "family"), Count: rapid.IntRange(1, 4).Draw(r, "count"),
		}})
		c.must(err)
	}
	if rapid.Bool().Draw(r, "at rest") {
		c.settle()
	}
	return c
}

// drawScenario returns something that may happen to the cluster.
func (c *cluster) drawScenario(r *rapid.T) structs.Scenario {
	var s structs.Scenario
	fates := []string{"stays", "stays", "stays", "drains", "lost"}
	for _, i := range c.instances {
		switch rapid.SampledFrom(fates).Draw(r, "fate") {
		case "drains":
			s.Drain = append(s.Drain, i)
		case "lost":
			s.Lose = append(s.Lose, i)
		}
	}
	if rapid.IntRange(0, 2).Draw(r, "a zone is lost") == 1 {
		s.LoseZones = []string{c.Store.Snapshot().Instance(c.instances[0]).Zone}
	}
	if n := rapid.IntRange(0, 3).Draw(r, "added"); n > 0 {
		s.Add = append(s.Add, structs.AddedInstances{Count: n, Like: c.instances[0], Zone: rapid.SampledFrom([]string{"", "a", "b"}).Draw(r, "its zone")})
	}
	if len(s.Drain)+len(s.Lose)+len(s.LoseZones)+len(s.Add) == 0 {
		s.Drain = c.instances[:1]
	}
	return s
}

// drawJob is, or is not, the job file of a service, a new one or the next version of one that is
// there.
func (c *cluster) drawJob(r *rapid.T) *structs.JobSpec {
	if rapid.Bool().Draw(r, "no job file") {
		return nil
	}
	spec := structs.NewJobSpec(structs.JobService)
	spec.Name, spec.Count = rapid.SampledFrom(c.services()).Draw(r, "its name"), new(rapid.IntRange(0, 12).Draw(r, "its count"))
	spec.Containers = []structs.ContainerDefinition{{Name: "c", Image: "new", Memory: new(rapid.Int32Range(50, 300).Draw(r, "its memory"))}}
	return spec
}

// happen carries out a scenario, by the verbs that users and agents have.
func (c *cluster) happen(s structs.Scenario, job *structs.JobSpec) {
	c.t.Helper()
	c.Batch(c.t, func() {
		if len(s.Drain) > 0 {
			_, _, err := c.Control.SetInstanceStatus(c.t.Context(), "default", s.Drain, structs.InstanceDraining)
			c.must(err)
		}
		lost := s.Lose
		for i := range c.Store.Snapshot().AllInstances() {
			if len(s.LoseZones) > 0 && i.Zone == s.LoseZones[0] {
				lost = append(lost, i.ID)
			}
		}
		if len(lost) > 0 {
			c.MustApply(c.t, structs.SetAgentConnected{Instances: lost, At: c.now()})
			c.MustApply(c.t, structs.SetInstanceStatus{Instances: lost, Status: structs.InstanceInactive, At: c.now()})
		}
		for _, a := range s.Add {
			like := *c.Store.Snapshot().Instance(a.Like)
			if a.Zone != "" {
				like.Zone = a.Zone
			}
			for n := range a.Count {
				c.join(fmt.Sprintf("added-%d", n+1), like.Zone, like.Registered.CPU, like.Registered.Memory)
			}
		}
		if job != nil {
			_, err := c.Control.PutJob(c.t.Context(), job, "")
			c.must(err)
		}
	})
	c.settle()
	// some of it takes time
	for at := c.nextDue(); at > 0 && at < c.now()+24*60*60*1000; at = c.nextDue() {
		c.Advance(c.t, time.Duration(at-c.now()+1)*time.Millisecond)
		c.settle()
	}
}

// nextDue returns when the next evaluation that waits for its time is due; zero if none waits.
func (c *cluster) nextDue() (at structs.Time) {
	for e := range c.Store.Snapshot().Evaluations() {
		if e.Status == structs.EvaluationReady && (at == 0 || e.WaitUntil < at) {
			at = e.WaitUntil
		}
	}
	return at
}

// title is a job's name, which a job has in a simulation and in reality; the id of a new one
// differs.
func title(j *structs.Job) string { return cmp.Or(j.Name, j.ID) }

// counts are the tasks that are up, by job and the name of their instance.
func counts(s *state.Snapshot) map[string]int {
	n := map[string]int{}
	for t := range s.AllTasks() {
		if t.Holds() && t.DesiredStatus != structs.TaskStopped {
			n[title(s.Job(t.Job))+" on "+s.Instance(t.Instance).Name]++
		}
	}
	return n
}

func (c *cluster) services() []string {
	names := []string{"new"}
	for j := range c.Store.Snapshot().Services("default") {
		if j.Type == structs.JobService {
			names = append(names, j.Name)
		}
	}
	return names
}
