package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/agent"
	tasknetwork "github.com/gantry-project/gantry/agent/network"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/config"
)

// agentNetwork holds an agent's flags about the network of awsvpc tasks.
type agentNetwork struct {
	traffic   string
	vxlan     int // ports
	wireguard int
	spares    int
	groups    string // file
}

func (n *agentNetwork) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&n.traffic, "task-traffic", tasknetwork.TrafficAuto, "`way` of packets between awsvpc tasks on different instances: auto (WireGuard "+
		"where both kernels have it, VXLAN otherwise), wireguard, vxlan, or routes (no tunnel; all instances on one link, all with this value)")
	f.IntVar(&n.vxlan, "vxlan-port", tasknetwork.DefaultVXLANPort, "UDP `port` of VXLAN, the same on all instances")
	f.IntVar(&n.wireguard, "wireguard-port", tasknetwork.DefaultWireGuardPort, "UDP `port` of WireGuard, the same on all instances")
	f.IntVar(&n.spares, "spare-pauses", tasknetwork.DefaultSpares,
		"`number` of pause containers that are kept ready for awsvpc tasks, once there was one here; each takes about 5 MB")
	f.StringVar(&n.groups, "security-groups", "", "`file`, HCL or JSON, with what may come to awsvpc tasks in security groups; groups that are not in it allow everything")
}

func (n *agentNetwork) check() error {
	if err := tasknetwork.CheckTraffic(n.traffic); err != nil {
		return fmt.Errorf("--task-traffic: %w", err)
	}
	for flag, port := range map[string]int{"--vxlan-port": n.vxlan, "--wireguard-port": n.wireguard} {
		if port < 1 || port > 65535 {
			return fmt.Errorf("%s: %d is not a port, 1 to 65535", flag, port)
		}
	}
	if n.spares < 0 {
		return fmt.Errorf("--spare-pauses: %d is negative", n.spares)
	}
	_, err := n.parseGroups()
	return err
}

// parseGroups reads the file of security groups.
func (n *agentNetwork) parseGroups() (tasknetwork.Groups, error) {
	if n.groups == "" {
		return nil, nil
	}
	var file tasknetwork.GroupsFile
	err := config.Decode(n.groups, &file)
	var groups tasknetwork.Groups
	if err == nil {
		groups, err = file.Parse()
	}
	if err != nil {
		return nil, fmt.Errorf("--security-groups: %s: %w", n.groups, err)
	}
	return groups, nil
}

// network returns the network of an agent's tasks on a machine.
func (n *agentNetwork) network(m *machine) func(agent.Config, string) (agent.Network, error) {
	return func(c agent.Config, instance string) (agent.Network, error) {
		groups, err := n.parseGroups()
		if err != nil {
			return nil, err
		}
		return tasknetwork.New(tasknetwork.Config{
			Instance: instance, DataDir: c.DataDir, Address: c.Address, Logger: c.Logger,
			Engine:  func(instance string) runtime.Pauses { return m.runtime(instance).(runtime.Pauses) },
			Traffic: n.traffic, VXLANPort: n.vxlan, WireGuardPort: n.wireguard, Spares: n.spares, Groups: groups,
			Resolver: m.resolver(c, instance),
		})
	}
}
