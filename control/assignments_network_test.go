package control_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/faketime"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// peerID returns the id of an instance with a number.
func peerID(number int) string { return fmt.Sprintf("%032x", number) }

// addPeer registers an instance whose agent runs awsvpc tasks.
func addPeer(t *testing.T, c *singlenode.Node, number int, change ...func(*structs.ContainerInstance)) *structs.ContainerInstance {
	t.Helper()
	in := structs.ContainerInstance{
		ID: peerID(number), Cluster: structs.DefaultCluster, Address: fmt.Sprint("10.0.0.", number),
		Registered: structs.Resources{CPU: 1024, Memory: 1024}, Network: structs.InstanceNetwork{Asks: true},
	}
	for _, f := range change {
		f(&in)
	}
	made, err := c.Control.RegisterInstance(t.Context(), in)
	noError(t, err)
	return made
}

// expectNetwork expects a frame about the network: the blocks of the peers in it, and which are
// gone.
func expectNetwork(t *testing.T, frame structs.AssignmentFrame, full bool, block, peers, gone string) {
	t.Helper()
	n := frame.Network
	if n == nil {
		t.Fatalf("the frame says nothing about the network: %+v", frame)
	}
	var list []string
	for _, p := range n.Peers {
		list = append(list, p.Address+" "+p.Block+p.Key)
	}
	slices.Sort(list)
	if n.Full != full || n.Range != "10.213.0.0/16" || n.Block != block || strings.Join(list, ", ") != peers || strings.Join(n.Gone, ", ") != gone {
		t.Fatalf("the network is %+v; want full: %v, block %s, peers %q, gone %q", *n, full, block, peers, gone)
	}
}

// inNetwork runs a test with the stream of the first of two instances that run awsvpc tasks.
func inNetwork(t *testing.T, test func(t *testing.T, c *singlenode.Node, s *control.AssignmentStream)) {
	t.Helper()
	faketime.Test(t, func(t *testing.T) {
		c := singlenode.New(t)
		addPeer(t, c, 1)
		addPeer(t, c, 2)
		s := openStream(t, c.Control, peerID(1))
		defer s.Close()
		expectNetwork(t, next(t, s), true, "10.213.0.0/24", "10.0.0.2 10.213.1.0/24", "")
		silent(t, s)
		test(t, c, s)
	})
}

// TestAStreamTellsOfPeers: first all of them, then only those that joined, changed or left.
func TestAStreamTellsOfPeers(t *testing.T) {
	inNetwork(t, func(t *testing.T, c *singlenode.Node, s *control.AssignmentStream) {
		addPeer(t, c, 3)
		expectNetwork(t, next(t, s), false, "10.213.0.0/24", "10.0.0.3 10.213.2.0/24", "")
		addPeer(t, c, 2, func(i *structs.ContainerInstance) { i.Network.Key = "+key" })
		addPeer(t, c, 3, func(i *structs.ContainerInstance) { i.Address = "10.0.0.33" })
		expectNetwork(t, next(t, s), false, "10.213.0.0/24", "10.0.0.2 10.213.1.0/24+key, 10.0.0.33 10.213.2.0/24", "")

		// what is none of its business
		addPeer(t, c, 4, func(i *structs.ContainerInstance) { i.Cluster = "other" })
		addPeer(t, c, 5, func(i *structs.ContainerInstance) { i.Network = structs.InstanceNetwork{} })
		c.MustApply(t, structs.SetAgentConnected{Instances: []string{peerID(2)}, Connected: true, At: 9})
		c.MustApply(t, structs.SetInstanceStatus{Instances: []string{peerID(2)}, Status: structs.InstanceDraining, At: 9})
		silent(t, s)

		// the instance itself, and a peer, move to other blocks
		c.MustApply(t, structs.AssignBlocks{
			Instances: []string{peerID(1), peerID(3)}, TaskNetwork: structs.TaskNetwork{Range: "10.214.0.0/16", BlockBits: 24}, At: 9,
		})
		expectNetwork(t, next(t, s), false, "10.214.0.0/24", "10.0.0.33 10.214.1.0/24", "")

		// A peer that can run no more tasks is still there; one that is forgotten is not.
		addPeer(t, c, 2, func(i *structs.ContainerInstance) {
			i.Network = structs.InstanceNetwork{Problem: "it broke", Key: "+key"}
		})
		silent(t, s)
		c.MustApply(t, structs.SetInstanceStatus{Instances: []string{peerID(3)}, Status: structs.InstanceInactive, At: 9})
		silent(t, s)
		c.MustApply(t, structs.Collect{Before: 1 << 50, Limit: 100})
		expectNetwork(t, next(t, s), false, "10.214.0.0/24", "", peerID(3))
	})
}

// TestAStreamAfterARestore: the state that replaced the present one may have other peers, and
// another block for the instance.
func TestAStreamAfterARestore(t *testing.T) {
	inNetwork(t, func(t *testing.T, c *singlenode.Node, s *control.AssignmentStream) {
		restore := saveState(t, c)
		addPeer(t, c, 3)
		expectNetwork(t, next(t, s), false, "10.213.0.0/24", "10.0.0.3 10.213.2.0/24", "")
		restore()
		expectNetwork(t, next(t, s), true, "10.213.0.0/24", "10.0.0.2 10.213.1.0/24", "")
		addPeer(t, c, 4, func(i *structs.ContainerInstance) { i.Network.Block = "10.213.2.0/24" })
		expectNetwork(t, next(t, s), false, "10.213.0.0/24", "10.0.0.4 10.213.2.0/24", "")
		addPeer(t, c, 3, func(i *structs.ContainerInstance) { i.Network.Block = "10.213.2.0/24" })
		expectNetwork(t, next(t, s), false, "10.213.0.0/24", "10.0.0.3 10.213.3.0/24", "")
	})
}

// TestAgentsWithoutANetworkHearNothingOfPeers: they would pay for what they do not use.
func TestAgentsWithoutANetworkHearNothingOfPeers(t *testing.T) {
	inNode(t, func(t *testing.T, c *singlenode.Node, instance string) {
		addPeer(t, c, 1)
		s := openStream(t, c.Control, instance)
		defer s.Close()
		if frame := next(t, s); !frame.Full || frame.Network != nil {
			t.Errorf("the first frame is %+v", frame)
		}
		addPeer(t, c, 2)
		silent(t, s)
	})
}
