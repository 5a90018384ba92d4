package cluster

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// A zone of three is cut off at once, with the leader in it. Within 6 s its tasks run elsewhere, as
// far as there is room, those of the important service first. Both remaining zones get their share.
// When the zone is back, nothing is doubled, and services are spread over all three again.
func TestLostZone(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		const agents, important, other = 9, 30, 30
		w := newCluster(t, 3, agents)
		w.start()
		// An instance has room for eight. Where 48 fit, two thirds of both services are 40, and
		// what is free goes to the important one.
		const left, free = 20, 8
		w.keep("other", other, 40)
		w.keep("important", important, 60)
		w.within(time.Minute, "at first", func() string { return w.spreadOver(map[string]int{"important": important, "other": other}, 3) })

		leader := w.Leader()
		lost := w.Zone(leader)
		inside := map[string]bool{w.Host(leader): true}
		for host, zone := range w.agents {
			inside[host] = zone == lost
		}
		for _, from := range w.hosts() {
			for _, to := range w.hosts() {
				if inside[from] != inside[to] {
					w.Network.Cut(from, to)
				}
			}
		}
		w.within(6*time.Second, "the zone is lost", func() string { return w.spreadOver(map[string]int{"important": left + free, "other": left}, 2) })

		w.Network.MendAll()
		w.within(time.Minute, "the zone is back", func() string {
			if n := w.containersUp(); n != important+other {
				return fmt.Sprintf("%d containers run", n)
			}
			return w.spreadOver(map[string]int{"important": important, "other": other}, 3)
		})
		w.Eventually("all servers have one state", w.oneState)
		for name, starts := range w.Engine.Starts() {
			if starts != 1 {
				t.Errorf("container %s was started %d times", name, starts)
			}
		}
	})
}

// keep makes a service with a priority, whose tasks take 1000 MiB.
func (w *cluster) keep(name string, count, priority int) {
	w.t.Helper()
	d := w.newDoors()
	file := fmt.Appendf(nil, `{"name": %q, "type": "service", "count": %d, "priority": %d, "availabilityZoneRebalancing": "ENABLED", "containers": [{"name": "app", "image": "app", "memory": 1000}]}`,
		name, count, priority)
	d.insist(func(ctx context.Context) error {
		_, err := d.native.PutJob(ctx, file, "")
		return err
	})
}

// spreadOver returns where services do not have so many tasks RUNNING on connected instances, as
// evenly spread over so many zones as possible.
func (w *cluster) spreadOver(services map[string]int, zones int) string {
	leader := w.Leader()
	if leader == 0 {
		return "nobody leads"
	}
	snap := testutil.StateOf(w.t, w.Control(leader))
	for name, count := range services {
		job, total := snap.Service(structs.DefaultCluster, name), 0
		if job == nil {
			return name + " is not there"
		}
		in := map[string]int{}
		for task := range snap.JobTasks(job.ID) {
			if i := snap.Instance(task.Instance); i != nil && i.AgentConnected && task.LastStatus == structs.TaskRunning && task.DesiredStatus == structs.TaskRunning {
				in[i.Zone]++
				total++
			}
		}
		if total != count {
			return fmt.Sprintf("%s has %d tasks RUNNING, not %d: %v", name, total, count, in)
		}
		for _, n := range in {
			if len(in) != zones || n < count/zones || n > (count+zones-1)/zones {
				return fmt.Sprintf("%s is not even over %d zones: %v", name, zones, in)
			}
		}
	}
	return ""
}
