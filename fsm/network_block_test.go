package fsm

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// smallNetwork has four blocks for 13 tasks each.
var smallNetwork = structs.TaskNetwork{Range: "10.9.0.0/26", BlockBits: 28}

// networked returns the registration of an instance whose agent can run awsvpc tasks.
func networked(id string, change ...func(*structs.RegisterInstance)) structs.RegisterInstance {
	cmd := structs.RegisterInstance{Instance: instance(id, "prod"), TaskNetwork: smallNetwork}
	cmd.Instance.Network.Asks, cmd.Instance.AgentConnected = true, true
	for _, f := range change {
		f(&cmd)
	}
	return cmd
}

// remembers makes an agent's registration name a block.
func remembers(block string) func(*structs.RegisterInstance) {
	return func(cmd *structs.RegisterInstance) { cmd.Instance.Network.Block = block }
}

// awsvpcPlan places tasks that need addresses.
func awsvpcPlan(eval, job string, placements ...structs.Placement) structs.ApplyPlan {
	cmd := planOf(eval, job, placements...)
	cmd.Plan.Need = structs.Resources{CPU: 1, Memory: 1, Addresses: 1}
	return cmd
}

// expectBlock expects an instance to have a block, and a problem that contains words.
func (h *harness) expectBlock(id, block, problem string) {
	h.Helper()
	i := h.snap().Instance(id)
	if i.Network.Block != block || (problem == "") != (i.Network.Problem == "") || !strings.Contains(i.Network.Problem, problem) {
		h.Errorf("the network of %s is %+v; want block %q, problem %q", id, i.Network, block, problem)
	}
	if _, shown := i.Attribute(structs.AttributeTaskENI); shown != i.Network.Runs() {
		h.Errorf("%s with network %+v has attributes %v", id, i.Network, i.Attributes)
	}
}

// TestEachInstanceGetsABlock: the lowest free one, which it keeps whatever it remembers; an agent
// that cannot run awsvpc tasks gets none; and when all are given, the problem says what to do.
func TestEachInstanceGetsABlock(t *testing.T) {
	h := newHarness(t)
	for n, id := range []string{"i1", "i2", "i3"} {
		h.do(networked(id))
		h.expectBlock(id, fmt.Sprintf("10.9.0.%d/28", 16*n), "")
	}
	h.do(networked("i1", remembers("10.9.0.48/28")))
	h.expectBlock("i1", "10.9.0.0/28", "")
	h.do(networked("cannot", func(cmd *structs.RegisterInstance) {
		cmd.Instance.Network = structs.InstanceNetwork{Problem: "there is no VXLAN", Block: "10.9.0.48/28"}
	}))
	h.expectBlock("cannot", "", "there is no VXLAN")
	h.do(structs.RegisterInstance{Instance: networked("old").Instance}) // by an older server
	h.expectBlock("old", "", "")
	h.do(networked("i4", func(cmd *structs.RegisterInstance) { cmd.Instance.Cluster = "other" }))
	h.expectBlock("i4", "10.9.0.48/28", "")
	h.do(networked("i5"))
	h.expectBlock("i5", "", "no block of addresses is free: instances have all 4 of --task-network 10.9.0.0/26")

	// An agent that cannot any more keeps its block, where its tasks still have addresses.
	h.do(networked("i2", func(cmd *structs.RegisterInstance) {
		cmd.Instance.Network = structs.InstanceNetwork{Problem: "the module is gone"}
	}))
	h.expectBlock("i2", "10.9.0.16/28", "the module is gone")
	checkInvariants(t, h.snap())
}

// TestABlockIsGivenAgain once its instance is INACTIVE and without tasks, and not before.
func TestABlockIsGivenAgain(t *testing.T) {
	h := cluster(t)
	for _, id := range []string{"n1", "n2", "n3", "n4", "n5"} {
		h.do(networked(id))
	}
	h.do(awsvpcPlan("e1", "j1", structs.Placement{Task: "t1", Instance: "n2"}))
	assign := structs.AssignBlocks{Instances: []string{"n5"}, TaskNetwork: smallNetwork, At: 30}
	h.do(structs.SetInstanceStatus{Instances: []string{"n2"}, Status: structs.InstanceInactive, At: 30})
	h.do(assign)
	h.expectBlock("n5", "", "no block of addresses is free") // the agent is still to stop its task
	h.do(report("n2", structs.TaskUpdate{Task: "t1", Status: structs.TaskStopped, StoppedAt: 40}))
	h.do(assign)
	h.expectBlock("n5", "10.9.0.16/28", "")
	h.expectBlock("n2", "", "")

	// its agent comes back
	h.do(structs.SetInstanceStatus{Instances: []string{"n3"}, Status: structs.InstanceInactive, At: 50})
	h.do(networked("n2", remembers("10.9.0.16/28")))
	h.expectBlock("n2", "10.9.0.32/28", "")
	h.expectBlock("n3", "", "")
	checkInvariants(t, h.snap())
}

// TestAnInstanceThatASnapshotLacks registered after the snapshot that was restored. Its block is
// given to it again if it is free, and otherwise it gets another.
func TestAnInstanceThatASnapshotLacks(t *testing.T) {
	h := newHarness(t)
	h.do(networked("i1"))
	h.do(networked("late", remembers("10.9.0.32/28")))
	h.expectBlock("late", "10.9.0.32/28", "")
	h.do(networked("later", remembers("10.9.0.32/28")))
	h.expectBlock("later", "10.9.0.16/28", "")
	h.do(networked("foreign", remembers("10.8.0.0/28"))) // of another range
	h.expectBlock("foreign", "10.9.0.48/28", "")
	checkInvariants(t, h.snap())
}

// TestTwoInstancesWithOneBlock: however it came about, the instance that was registered first keeps
// the block, also against a registration; the other gets another one, and its tasks are stopped
// and replaced.
func TestTwoInstancesWithOneBlock(t *testing.T) {
	for name, mend := range map[string]structs.Command{
		"by the leader":         structs.AssignBlocks{Instances: []string{"n1", "n2"}, TaskNetwork: smallNetwork, At: 50},
		"at a registration":     networked("n2", remembers("10.9.0.0/28")),
		"when it is not to run": networked("n2", func(cmd *structs.RegisterInstance) { cmd.Instance.Network.Asks = false }),
	} {
		t.Run(name, func(t *testing.T) {
			h := cluster(t)
			service := putServiceCommand("s1", "web", 1, "es", "d1")
			h.do(service)
			h.do(networked("n1"))
			h.do(networked("n2", func(cmd *structs.RegisterInstance) { cmd.Instance.RegisteredAt = 3 }))
			h.index++
			err := h.fsm.store.Update(h.index, func(tx *state.Tx) error {
				i := *tx.Instance("n2")
				i.Network.Block = "10.9.0.0/28"
				tx.PutInstance(&i)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			h.do(awsvpcPlan("e1", "j1", structs.Placement{Task: "t1", Instance: "n1"}, structs.Placement{Task: "t2", Instance: "n2"}))
			h.do(mend)
			h.expectBlock("n1", "10.9.0.0/28", "")
			if n2 := h.snap().Instance("n2").Network; n2.Block == "10.9.0.0/28" || n2.Asks && n2.Block != "10.9.0.16/28" {
				t.Errorf("the network of n2 is %+v", n2)
			}
			kept, stopped := h.snap().Task("t1"), h.snap().Task("t2")
			if kept.DesiredStatus != structs.TaskRunning || stopped.DesiredStatus != structs.TaskStopped ||
				!strings.Contains(stopped.StoppedReason, "Two instances had the block of addresses 10.9.0.0/28") {
				t.Errorf("the tasks are %+v and %+v", kept, stopped)
			}
		})
	}
}

// TestAnotherRange: an instance with a block outside it takes no new awsvpc tasks, but keeps the
// block as long as a task has an address of it. Then it gets one of the new range.
func TestAnotherRange(t *testing.T) {
	other := structs.TaskNetwork{Range: "10.9.0.0/24", BlockBits: 26}
	h := cluster(t)
	h.do(networked("n1"))
	h.do(networked("n2"))
	h.do(awsvpcPlan("e1", "j1", structs.Placement{Task: "t1", Instance: "n1"}))
	assign := structs.AssignBlocks{Instances: []string{"n1", "n2"}, TaskNetwork: other, At: 30}
	h.do(assign)
	h.expectBlock("n1", "10.9.0.0/28", "its block of addresses, 10.9.0.0/28, is not one of the servers' --task-network 10.9.0.0/24")
	h.expectBlock("n2", "10.9.0.64/26", "") // not the first, which has the addresses of n1
	if task := h.snap().Task("t1"); task.DesiredStatus != structs.TaskRunning {
		t.Errorf("the task is %+v", task)
	}
	h.do(createJobCommand("j2", "e2"))
	h.do(awsvpcPlan("e2", "j2", structs.Placement{Task: "t2", Instance: "n1"}))
	if eval := h.snap().Evaluation("e2"); h.snap().Task("t2") != nil || eval.Failures[0].Reason != structs.FailAttribute {
		t.Errorf("a task was placed there: %+v", eval)
	}
	h.do(report("n1", structs.TaskUpdate{Task: "t1", Status: structs.TaskStopped, StoppedAt: 40}))
	h.do(assign)
	h.expectBlock("n1", "10.9.0.0/26", "")
	checkInvariants(t, h.snap())
}

// checkAddresses checks that each task's address is in the block of its instance, that no two tasks
// have the same one, that no two instances have addresses in common, and that the usage of each
// instance has the addresses of its tasks.
func checkAddresses(t fataler, s *state.Snapshot) {
	t.Helper()
	of, blocks := map[string]string{}, map[netip.Prefix]string{}
	for i := range s.AllInstances() {
		var block netip.Prefix
		if i.Network.Block != "" {
			block = netip.MustParsePrefix(i.Network.Block)
			for other, holder := range blocks {
				if other.Overlaps(block) {
					t.Fatalf("%s and %s have %s and %s", i.ID, holder, block, other)
				}
			}
			blocks[block] = i.ID
		}
		var held []netip.Addr
		for task := range s.InstanceTasks(i.ID) {
			if task.Address == "" {
				continue
			}
			address := netip.MustParseAddr(task.Address)
			held = append(held, address)
			if other := of[task.Address]; other != "" || !block.Contains(address) {
				t.Fatalf("task %s on %s with %+v has the address %s, as has %q", task.ID, i.ID, i.Network, task.Address, other)
			}
			of[task.Address] = task.ID
		}
		slices.SortFunc(held, netip.Addr.Compare)
		if used := s.Usage(i.ID).Addresses; !slices.Equal(used, held) {
			t.Fatalf("%s uses the addresses %v, its tasks have %v", i.ID, used, held)
		}
	}
}
