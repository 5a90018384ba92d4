package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/config"
	"github.com/gantry-project/gantry/process"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/structs"
)

// agentOptions holds the flags of gantry agent.
type agentOptions struct {
	network
	logging    logging
	dataDir    string
	cluster    string
	zone       string
	region     string // for tasks
	awsKeys    string // file
	provider   string // capacity provider of the machine; empty for none
	gpus       []string
	name       string
	attributes []string
	images     imageOptions
	ingress    ingress
	cleanup    time.Duration // how long the containers of ended tasks are kept
	privileged bool          // whether containers may be privileged
	anyArch    bool          // whether tasks whose definition names another architecture run here
	taskPIDs   int64         // how many processes a task may have; zero: any number
	files      filesDir
	logs       keptLogs
	fenced     bool // whether tasks are killed when the machine is cut off
	tasks      agentNetwork
	dnsAddress string // where the machine itself can ask; empty: nowhere
}

func agentCommand() *cobra.Command { return new(agentOptions).command() }

func (o *agentOptions) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "agent",
		Short: "Run an agent, which makes this machine a container instance",
		Long: `Run an agent. It makes this machine a container instance of a cluster: it registers the machine with
the servers, and runs tasks on its Docker Engine. Containers run on while the agent is stopped.`,
		Example: `  gantry agent --data-dir /var/lib/gantry --bind 10.0.0.11 --join 10.0.0.1,10.0.0.2 \
    --zone a --attribute disk=ssd --secret-file cluster.key`,
	}
	o.logging.addFlags(cmd)
	o.addFlags(cmd)
	o.tasks.addFlags(cmd)
	addConfigFlag(cmd)
	cmd.Flags().StringVar(&o.dataDir, "data-dir", "", "`directory` for the agent's state (required)")
	cmd.Flags().StringVar(&o.cluster, "cluster", structs.DefaultCluster, "`name` of the cluster that this machine joins")
	cmd.Flags().StringVar(&o.zone, "zone", "", "availability `zone` of this machine")
	addRoleFlags(cmd, &o.region, &o.awsKeys)
	cmd.Flags().StringVar(&o.provider, "capacity-provider", "", "`name` of the capacity provider that this machine belongs to")
	addGPUFlag(cmd, &o.gpus)
	cmd.Flags().StringVar(&o.name, "name", "", "`name` shown in lists and logs (default: the host name)")
	cmd.Flags().StringArrayVar(&o.attributes, "attribute", nil, "attribute for placement constraints, as `NAME=VALUE`; may be repeated")
	cmd.Flags().BoolVar(&o.privileged, "allow-privileged", false, "run tasks with privileged containers, which can do everything "+
		"that root can on this machine; without it they are placed elsewhere")
	cmd.Flags().BoolVar(&o.anyArch, "any-architecture", false, "run tasks whose definition names another cpuArchitecture, too; "+
		"their images must have a variant for this machine, or its kernel emulate the other")
	cmd.Flags().Int64Var(&o.taskPIDs, "task-pids-limit", 0, "the `number` of processes and threads that a task may have; 0 is no limit")
	cmd.Flags().BoolVar(&o.fenced, "stop-on-disconnect", false,
		"kill all tasks once no server has confirmed for 3.6 seconds that the leader hears from this agent, so that none runs "+
			"here while it is replaced elsewhere; the instance then counts as lost after 4 seconds instead of 3")
	cmd.Flags().StringVar(&o.dnsAddress, "dns-address", "", "`host:port` at which the agent's DNS server also answers this machine, "+
		"such as 127.0.0.54:53; containers always reach it")
	o.files.addFlag(cmd)
	o.images.addFlags(cmd)
	o.images.addCleanupFlags(cmd)
	addCleanupWaitFlag(cmd, &o.cleanup)
	o.logs.addFlags(cmd)
	o.ingress.addFlags(cmd, "", 30*time.Second)
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
		return errors.New("--data-dir is required: the directory for the agent's state")
	case len(o.Join) == 0:
		return errors.New("--join is required: give the address of at least one server")
	case o.taskPIDs < 0:
		return fmt.Errorf("--task-pids-limit: %d is negative", o.taskPIDs)
	}
	if err := checkCleanupWait(o.cleanup); err != nil {
		return err
	}
	_, err := o.custom()
	_, imageErr := o.images.config()
	return cmp.Or(err, imageErr, o.logging.check(), o.network.check(), o.tasks.check(), o.logs.check(), o.ingress.check())
}

func addCleanupWaitFlag(cmd *cobra.Command, wait *time.Duration) {
	cmd.Flags().DurationVar(wait, "task-cleanup-wait", time.Hour,
		"`time` that the containers of an ended task are kept for people to look at, as ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION; at least 1s")
}

// addRoleFlags adds the flags about what tasks find at 169.254.170.2.
func addRoleFlags(cmd *cobra.Command, region, awsKeys *string) {
	cmd.Flags().StringVar(awsKeys, "aws-keys", "", "`file`, JSON, that names roles whose tasks get real AWS keys, and the command or file that has them")
	cmd.Flags().StringVar(region, "region", "us-east-1", "`region` that tasks find in AWS_REGION and in the ARNs of their metadata")
}

func checkCleanupWait(wait time.Duration) error {
	if wait < time.Second {
		return fmt.Errorf("--task-cleanup-wait: %v is less than 1s", wait)
	}
	return nil
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

// runAgent runs an agent until ctx ends or a part of it fails.
func runAgent(ctx context.Context, o *agentOptions, log *slog.Logger, out io.Writer) error {
	custom, err := o.custom()
	if err != nil {
		return err
	}
	key, err := o.key()
	if err != nil {
		return err
	}
	images, err := o.images.config()
	if err != nil {
		return err
	}
	sinks, err := logSinks(o.logs.sinks)
	if err != nil {
		return err
	}
	if err := o.files.find(); err != nil {
		return err
	}
	machine, err := openMachine(ctx, docker.Config{AllowPrivileged: o.privileged, Logger: log}, o.taskPIDs, o.awsKeys, o.files)
	if err != nil {
		return err
	}
	o.ingress.sockets = filepath.Join(o.dataDir, "agent", "ingress")
	ingress, err := o.ingress.config(ctx, log)
	if err != nil {
		return err
	}
	if err := machine.names.listen(o.dnsAddress); err != nil {
		return err
	}
	a, err := process.NewAgent(process.AgentConfig{
		Agent: agent.Config{
			DataDir: o.dataDir, Cluster: o.cluster, Zone: o.zone, Region: o.region, Name: o.name, Version: version, Commit: commit(),
			Attributes: custom, CapacityProvider: o.provider, GPUs: o.gpus, StopOnDisconnect: o.fenced,
			AllowPrivileged: o.privileged, AnyArchitecture: o.anyArch, Runtime: machine.runtime, Resources: machine.resources,
			Network: o.tasks.network(machine), Traffic: machine.traffic(), Logs: o.logs.config(), LogSinks: sinks,
			Ingress: ingress, Images: images, CleanupWait: o.cleanup, Logger: log,
		},
		Addresses: o.Addresses, Key: key,
	})
	if err != nil {
		return err
	}
	a.Start()
	// This ends the start, as the agent waits for servers that come later.
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

// key returns the agents' part of the cluster's secret, or nil with --insecure.
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
