package cluster

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

// addresses checks that each awsvpc task has an address of its own out of the block of its
// instance, that the hosts have networks for exactly the tasks there, and that each agent knows
// where the tasks of the others are.
func (j *comparison) addresses(hosts *testutil.FakeNetworks) {
	tasks, blocks := map[string]string{}, map[string]string{}
	for i := range j.snap.AllInstances() {
		if blocks[i.ID] = i.Network.Block; !i.Network.Runs() {
			j.say("the network of %s is %+v", i.Name, i.Network)
		}
	}
	for i := range j.snap.AllInstances() {
		block, _ := netip.ParsePrefix(i.Network.Block)
		want := map[string]string{}
		for t := range j.snap.InstanceTasks(i.ID) {
			awsvpc := j.snap.TaskDefinition(t.TaskDefinition).NetworkMode == structs.NetworkAwsvpc
			if awsvpc != (t.Address != "") {
				j.say("task %s of %s has the address %q", t.ID, t.TaskDefinition, t.Address)
			}
			if t.Address == "" {
				continue
			}
			if address, err := netip.ParseAddr(t.Address); err != nil || !block.Contains(address) || tasks[t.Address] != "" {
				j.say("task %s on %s with block %s has the address %s, as has %q", t.ID, i.Name, block, t.Address, tasks[t.Address])
			}
			tasks[t.Address], want[t.ID] = t.ID, t.Address
		}
		host := hosts.Of(i.Name)
		if made := host.Tasks(); !maps.Equal(made, want) {
			j.say("%s has networks for %v, and should for %v", i.Name, made, want)
		}
		peers := maps.Clone(blocks)
		delete(peers, i.ID)
		if knows := host.Peers(); host.Block() != i.Network.Block || !maps.Equal(knows, peers) {
			j.say("%s with block %s knows of block %q and peers %v, not %v", i.Name, block, host.Block(), knows, peers)
		}
	}
	if held := slices.Collect(maps.Values(blocks)); len(slices.Compact(slices.Sorted(slices.Values(held)))) != len(held) {
		j.say("the blocks are %s", strings.Join(held, ", "))
	}
}
