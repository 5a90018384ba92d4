package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

func instanceCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "instance", Short: "List container instances"}
	cmd.AddCommand(instanceListCommand())
	return cmd
}

func instanceListCommand() *cobra.Command {
	var cluster string
	cmd := &cobra.Command{
		Use:   "ls",
		Short: "List the container instances of a cluster, with their free resources and troubles",
	}
	r := addRemoteFlags(cmd)
	cmd.Flags().StringVar(&cluster, "cluster", structs.DefaultCluster, "`name` of the cluster")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.InstanceList, error) {
			return c.Instances(ctx, cluster)
		}, printInstances)
	}
	return cmd
}

func printInstances(w io.Writer, list structs.InstanceList) {
	rows := make([][]string, len(list.Instances))
	for i, in := range list.Instances {
		agent := "connected"
		if !in.AgentConnected {
			agent = "disconnected"
		}
		rows[i] = []string{
			in.ID, in.Name, in.Zone, in.Status, agent, strconv.Itoa(in.Usage.Running), strconv.Itoa(in.Usage.Pending),
			fmt.Sprintf("%d of %d", in.Registered.CPU-in.Usage.CPU, in.Registered.CPU),
			fmt.Sprintf("%d of %d", in.Registered.Memory-in.Usage.Memory, in.Registered.Memory), cmp.Or(in.Network.Block, "-"), troubleOf(in.ContainerInstance),
		}
	}
	table(w, []string{"INSTANCE", "NAME", "ZONE", "STATUS", "AGENT", "RUNNING", "PENDING", "CPU FREE", "MIB FREE", "BLOCK", "TROUBLE"}, rows)
}

// troubleOf explains why an instance cannot start tasks, or else why it can start none of network
// mode awsvpc.
func troubleOf(i *structs.ContainerInstance) string {
	if problem := i.Network.Problem; i.Trouble() == "" && problem != "" {
		return "no awsvpc tasks: " + problem
	}
	return cmp.Or(i.Trouble(), "-")
}
