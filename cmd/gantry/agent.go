package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/config"
	"github.com/gantry-project/gantry/process"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/structs"
)

// agentOptions are the flags of gantry agent.
type agentOptions struct {
	network
	logging    logging
	dataDir    string
	cluster    string
	zone       string
	provider   string // capacity provider of the machine; empty: none
	gpus       []string
	name       string
	attributes []string
	fenced     bool // tasks are killed when the machine is cut off
}

func agentCommand() *cobra.Command { return new(agentOptions).command() }

func (o *agentOptions) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "agent",
		Short:   "Make this machine a container instance: run tasks on its Docker Engine",
		Example: `  gantry agent --data-dir /var/lib/gantry --bind 10.0.0.11 --join 10.0.0.1,10.0.0.2 --zone a --attribute disk=ssd --secret-file cluster.key`,
	}
	o.logging.addFlags(cmd)
	o.addFlags(cmd)
	addConfigFlag(cmd)
	cmd.Flags().StringVar(&o.dataDir, "data-dir", "", "directory that keeps the agent's state (required)")
	cmd.Flags().StringVar(&o.cluster, "cluster", structs.DefaultCluster, "cluster that this machine joins")
	cmd.Flags().StringVar(&o.zone, "zone", "", "availability zone of this machine")
	cmd.Flags().StringVar(&o.provider, "capacity-provider", "", "capacity provider that this machine belongs to (default: none)")
	addGPUFlag(cmd, &o.gpus)
	cmd.Flags().StringVar(&o.name, "name", "", "name for people (default: the host's)")
	cmd.Flags().StringArrayVar(&o.attributes, "attribute", nil, "NAME=VALUE for placement constraints; may be given many times")
	cmd.Flags().BoolVar(&o.fenced, "stop-on-disconnect", false, "kill all tasks, also those that an earlier agent left, when no server has said for 3.6 seconds that the leader hears of this agent, so that none runs here while it is replaced elsewhere; its instance counts as lost after four seconds, not three")
	config.IsMap(cmd.Flags(), "attribute", "attributes")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := o.check(); err != nil {
			return err
		}
		log := o.logging.logger()
		go o.logging.follow(cmd.Context(), cmd, log)
		o.gpus = gpus(cmd, o.gpus)
		return runAgent(cmd.Context(), o, log, cmd.OutOrStdout())
	}
	return cmd
}

func (o *agentOptions) check() error {
	switch {
	case o.dataDir == "":
		return errors.New("--data-dir is required: the directory that keeps the agent's state")
	case len(o.Join) == 0:
		return errors.New("--join is required: the addresses of one or more servers")
	}
	_, err := o.custom()
	return cmp.Or(err, o.logging.check(), o.network.check())
}

func (o *agentOptions) custom() (list []structs.Attribute, err error) {
	for _, text := range o.attributes {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--attribute: %q is not NAME=VALUE", text)
		}
		list = append(list, structs.Attribute{Name: name, Value: value})
	}
	return list, nil
}

// runAgent runs until ctx ends or a part fails.
func runAgent(ctx context.Context, o *agentOptions, log *slog.Logger, out io.Writer) error {
	custom, err := o.custom()
	if err != nil {
		return err
	}
	key, err := o.key()
	if err != nil {
		return err
	}
	containers, err := engineRuntime(ctx, log)
	if err != nil {
		return err
	}
	a, err := process.NewAgent(process.AgentConfig{
		Agent: agent.Config{
			DataDir: o.dataDir, Cluster: o.cluster, Zone: o.zone, Name: o.name, Version: version, Commit: commit(),
			Attributes: custom, CapacityProvider: o.provider, GPUs: o.gpus, StopOnDisconnect: o.fenced,
			Runtime: containers, Logger: log,
		},
		Addresses: o.Addresses, Key: key,
	})
	if err != nil {
		return err
	}
	a.Start()
	// Servers may come later: the agent waits for them, and its start is done.
	report(log, "READY=1\nSTATUS=looking for servers")
	select {
	case <-a.Joined():
		fmt.Fprintf(out, "gantry agent %s is container instance %s of cluster %s\n", a.Name(), a.Instance(), o.cluster)
		report(log, fmt.Sprintf("STATUS=container instance %s of cluster %s", a.Instance(), o.cluster))
	case <-ctx.Done():
	case <-a.Done():
	}
	select {
	case <-ctx.Done():
	case <-a.Done():
	}
	return a.Stop()
}

// key reads the agents' part of the cluster's secret; nil with --insecure.
func (o *agentOptions) key() (*security.AgentKey, error) {
	if o.insecure {
		return nil, nil
	}
	key, err := security.ReadAgentKey(o.secretFile)
	if err != nil {
		return nil, fmt.Errorf("--secret-file: %w", err)
	}
	return &key, nil
}

// engineRuntime returns what runs containers on this machine's engine, which must answer.
func engineRuntime(ctx context.Context, log *slog.Logger) (func(instance string) runtime.Runtime, error) {
	engine, err := docker.New(docker.Config{Logger: log})
	if err != nil {
		return nil, err
	}
	if _, err := engine.Info(ctx); err != nil {
		return nil, err
	}
	return func(instance string) runtime.Runtime { return engine.ForInstance(instance) }, nil
}
