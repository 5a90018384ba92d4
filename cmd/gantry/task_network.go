package main

import (
	"fmt"
	"net/netip"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/structs"
)

// taskNetwork holds the flags about the addresses of awsvpc tasks.
type taskNetwork struct {
	addresses string
	blockBits int
}

func (n *taskNetwork) addFlags(cmd *cobra.Command) {
	usual := structs.DefaultTaskNetwork()
	cmd.Flags().StringVar(&n.addresses, "task-network", usual.Range,
		"`range` of private IPv4 addresses for tasks of network mode awsvpc, in all clusters; the same on all servers, and unused in the network of the machines")
	cmd.Flags().IntVar(&n.blockBits, "task-network-block", usual.BlockBits,
		"prefix `length` of the part of the range that each instance gets: 24 is 253 tasks, 22 is 1021")
}

// network returns the network that the flags describe. None of the machine's own addresses may be
// in its range.
func (n *taskNetwork) network(own ...string) (structs.TaskNetwork, error) {
	network, err := structs.NewTaskNetwork(n.addresses, n.blockBits)
	if err != nil {
		return network, fmt.Errorf("--task-network %s --task-network-block %d: %w", n.addresses, n.blockBits, err)
	}
	for _, text := range own {
		if a, err := netip.ParseAddr(text); err == nil && netip.MustParsePrefix(network.Range).Contains(a) {
			return network, fmt.Errorf("--task-network: %s has this machine's own address, %s: choose a range that is used nowhere else", network.Range, a)
		}
	}
	return network, nil
}
