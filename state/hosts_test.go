package state

import (
	"fmt"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// TestHostsAreInstancesWithTheirUsage has clusters whose instances alternate by id, some of them
// without tasks.
func TestHostsAreInstancesWithTheirUsage(t *testing.T) {
	store := New()
	err := store.Update(1, func(tx *Tx) error {
		for n := range 500 {
			i := &structs.ContainerInstance{ID: fmt.Sprintf("%04d", n*7919%500), Cluster: []string{"a", "b", "b"}[n%3]}
			tx.PutInstance(i)
			if n%4 > 0 {
				tx.PutTask(&structs.Task{ID: i.ID, Instance: i.ID, LastStatus: structs.TaskRunning, CPU: int64(n)})
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	snap := store.Snapshot()
	for _, cluster := range []string{"a", "b", "none"} {
		hosts := map[string]int64{}
		for i, u := range snap.Hosts(cluster) {
			hosts[i.ID] = u.CPU
		}
		instances := 0
		for i := range snap.Instances(cluster) {
			instances++
			if cpu, ok := hosts[i.ID]; !ok || cpu != snap.Usage(i.ID).CPU {
				t.Errorf("%s: %d, want %d", i.ID, cpu, snap.Usage(i.ID).CPU)
			}
		}
		if instances != len(hosts) {
			t.Errorf("%d hosts for %d instances of %s", len(hosts), instances, cluster)
		}
	}
}
