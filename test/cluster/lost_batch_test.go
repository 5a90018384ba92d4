package cluster

import (
	"testing"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// A task of a batch job whose instance is lost is tried again elsewhere at once, or waits for its
// instance, as its file says. Two of them never run once the instance is back.
func TestLostBatchTask(t *testing.T) {
	for policy, moves := range map[string]bool{structs.LostRetry: true, structs.LostWait: false} {
		t.Run(policy, func(t *testing.T) {
			inCluster(t, func(t *testing.T, s *servers) {
				spec := structs.NewJobSpec(structs.JobBatch)
				spec.Name, spec.Attempts, spec.OnInstanceLost = "report", 2, policy
				spec.Containers = []structs.ContainerDefinition{{Name: "app", Image: "app", Memory: new(int32(16))}}
				var job string
				s.must("the job is made", func(c *control.Control) error {
					out, err := c.PutJob(t.Context(), spec, "")
					if err == nil {
						job = out.ID
					}
					return err
				})
				var first *structs.Task
				s.Eventually("its task runs", func() bool {
					first = s.runs(job)
					return first != nil
				})
				host := s.hostOf(first)
				for n := 1; n <= 3; n++ {
					s.Network.Cut(host, s.Host(n))
					s.Network.Cut(s.Host(n), host)
				}
				time.Sleep(5 * time.Second)
				now := s.runs(job)
				switch moved := now != nil && now.ID != first.ID; {
				case moved != moves:
					t.Errorf("five seconds later the task that runs is %+v; it was %+v", now, first)
				case moved && (now.Attempt != 2 || s.hostOf(now) == host):
					t.Errorf("it was tried again as %+v", now)
				}
				for n := 1; n <= 3; n++ {
					s.Network.Mend(host, s.Host(n))
					s.Network.Mend(s.Host(n), host)
				}
				s.Eventually("all is as it was asked for, in one container each", func() bool {
					return s.runs(job) != nil && total(s.up()) == 7 && s.containersUp() == 7
				})
				time.Sleep(time.Minute)
				if task := s.runs(job); task == nil || s.containersUp() != 7 || moves == (task.ID == first.ID) {
					t.Errorf("a minute later %+v runs, among %d containers", task, s.containersUp())
				}
			})
		})
	}
}

// runs returns the task of a batch job that is RUNNING, as the leader has it; nil if there is none.
func (s *servers) runs(job string) (running *structs.Task) {
	s.must("a read is answered", func(c *control.Control) error {
		snap, err := c.Read(s.t.Context())
		if err != nil {
			return err
		}
		for task := range snap.JobTasks(job) {
			if task.LastStatus == structs.TaskRunning {
				running = task
			}
		}
		return nil
	})
	return running
}

// hostOf returns the name of a task's instance.
func (s *servers) hostOf(t *structs.Task) (name string) {
	s.must("a read is answered", func(c *control.Control) error {
		snap, err := c.Read(s.t.Context())
		if err == nil {
			name = snap.Instance(t.Instance).Name
		}
		return err
	})
	return name
}
