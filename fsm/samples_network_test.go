package fsm

import "github.com/gantry-project/gantry/structs"

// networkSamples are the samples about the network of awsvpc tasks.
func networkSamples() map[string]structs.Command {
	const instance = "0123456789abcdef0123456789abcdef"
	network := structs.TaskNetwork{Range: "10.213.0.0/16", BlockBits: 24}
	return map[string]structs.Command{
		"register_instance_network": structs.RegisterInstance{
			Instance: structs.ContainerInstance{
				ID: instance, Cluster: "prod", RegisteredAt: 1_700_000_000_192,
				Network: structs.InstanceNetwork{Asks: true, Block: "10.213.3.0/24", Key: "a2V5", Problem: "none"},
			},
			TaskNetwork: network,
		},
		"assign_blocks": structs.AssignBlocks{Instances: []string{instance}, TaskNetwork: network, At: 1_700_000_000_193},
	}
}
