package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/agent/link"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/config"
	"github.com/gantry-project/gantry/gossip"
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
	case len(o.join) == 0:
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

// agentProcess is an agent among the others.
type agentProcess struct {
	*agentOptions
	log         *slog.Logger
	agent       *agent.Agent
	servers     *link.Servers
	gossip      *gossip.Member             // nil before the agent is enrolled
	certificate *security.AgentCertificate // nil with --insecure
}

// runAgent runs until ctx ends or a part fails.
func runAgent(ctx context.Context, o *agentOptions, log *slog.Logger, out io.Writer) error {
	custom, err := o.custom()
	if err != nil {
		return err
	}
	engine, err := docker.New(docker.Config{Logger: log})
	if err != nil {
		return err
	}
	if _, err := engine.Info(ctx); err != nil {
		return err
	}
	// Servers may come later: the agent waits for them, and its start is done.
	report(log, "READY=1\nSTATUS=looking for servers")
	if o.name == "" {
		if o.name, err = os.Hostname(); err != nil {
			return fmt.Errorf("read the host name: %w", err)
		}
	}
	if err := checkDisk(o.dataDir); err != nil {
		return err
	}
	p := &agentProcess{agentOptions: o, log: log}
	instance, err := link.Identity(o.dataDir, o.cluster)
	if err != nil {
		return err
	}
	p.servers = link.NewServers(link.ServersConfig{Key: instance, Zone: o.zone, Candidates: p.candidates, Connect: p.connect})
	defer p.servers.Close()
	p.agent, err = agent.New(agent.Config{
		DataDir: o.dataDir, Cluster: o.cluster, Zone: o.zone, Name: o.name, Version: version, Commit: commit(), Attributes: custom, CapacityProvider: o.provider,
		GPUs: o.gpus, StopOnDisconnect: o.fenced, OwnPorts: p.ownPorts, Address: p.address,
		Server: p.servers, Runtime: func(instance string) runtime.Runtime { return engine.ForInstance(instance) }, Logger: log,
		Join: func(ctx context.Context) error {
			if err := p.join(ctx, instance); err != nil {
				return err
			}
			fmt.Fprintf(out, "gantry agent %s is container instance %s of cluster %s\n", o.name, instance, o.cluster)
			report(log, fmt.Sprintf("STATUS=container instance %s of cluster %s", instance, o.cluster))
			return nil
		},
	})
	if err != nil {
		return err
	}
	defer p.leave()
	return p.agent.Run(ctx)
}

// join gets a certificate where TLS is on, and meets the others by gossip.
func (p *agentProcess) join(ctx context.Context, instance string) error {
	meeting := gossip.Config{
		Self: structs.Member{ID: instance, Name: p.name, Role: structs.RoleAgent, Zone: p.zone, Version: version, Cluster: p.cluster},
		Bind: p.bind, Advertise: p.advertise, Port: p.network.gossip, DataDir: p.dataDir, Logger: p.log,
	}
	if !p.insecure {
		key, err := security.ReadAgentKey(p.secretFile)
		if err != nil {
			return fmt.Errorf("--secret-file: %w", err)
		}
		if p.certificate, err = security.NewAgentCertificate(key); err != nil {
			return err
		}
		if meeting.Key, err = p.enrolUntilGiven(ctx, instance); err != nil {
			return err
		}
	}
	var err error
	if p.gossip, err = gossip.New(meeting); err != nil {
		return err
	}
	go p.meet(ctx, instance)
	if p.certificate != nil {
		go p.renew(ctx, instance)
	}
	return nil
}

// ownPorts are the port of gossip, and those of a server that runs on this machine, as far as this
// agent joins by it.
func (p *agentProcess) ownPorts() []structs.Port {
	own := p.gossip.Address()
	ports := slices.Concat(portsOf("tcp", own), portsOf("udp", own))
	for _, server := range p.gossipAddresses(defaultGossipPort) {
		if host, _, _ := net.SplitHostPort(server); host == p.bind || host == p.advertise {
			ports = slices.Concat(ports, portsOf("tcp", server, p.listens(p.httpPort), p.listens(defaultRaftPort)), portsOf("udp", server))
		}
	}
	return ports
}

// address is where the others reach this machine.
func (p *agentProcess) address() string {
	host, _, _ := net.SplitHostPort(p.gossip.Address())
	return host
}

// leave ends gossip, without a goodbye: the agent is expected back.
func (p *agentProcess) leave() {
	if p.gossip != nil {
		p.gossip.Stop()
	}
}

// meet looks for a server by gossip whenever it hears none, until ctx ends. While it was cut off
// the key of gossip may have been rotated, so it asks for the one in use.
func (p *agentProcess) meet(ctx context.Context, instance string) {
	for first := true; first || pause(ctx, joinRetry); first = false {
		if p.hearsServer() {
			continue
		}
		if p.certificate != nil && !first {
			p.renewNow(ctx, instance)
		}
		if p.gossip.Join(p.gossipAddresses(defaultGossipPort)) != nil {
			p.log.Warn("no server answers by gossip yet; trying again", "join", p.network.join)
		}
	}
}

func (p *agentProcess) hearsServer() bool {
	return slices.ContainsFunc(p.gossip.Servers(), func(m structs.Member) bool { return m.Status == structs.MemberAlive })
}

const (
	joinRetry = time.Second
	// renewCheck is how often the agent looks whether its certificate is to be renewed.
	renewCheck = 10 * time.Minute
)

func (p *agentProcess) enrolUntilGiven(ctx context.Context, instance string) (gossipKey []byte, err error) {
	for {
		if gossipKey, err = p.enrol(ctx, instance); err == nil {
			return gossipKey, nil
		}
		if structs.KindOf(err) == structs.KindAccessDenied {
			return nil, fmt.Errorf("asking for a certificate: %w", err)
		}
		p.log.Warn("no server gives a certificate yet; trying again", "error", err)
		if !pause(ctx, joinRetry) {
			return nil, ctx.Err()
		}
	}
}

func (p *agentProcess) enrol(ctx context.Context, instance string) ([]byte, error) {
	request, err := p.certificate.Request(time.Now())
	if err != nil {
		return nil, err
	}
	given, err := p.servers.Enrol(ctx, instance, request)
	if err != nil {
		return nil, err
	}
	return given.GossipKey, p.certificate.Take(given.Chain)
}

// renew keeps the certificate fresh until ctx ends.
func (p *agentProcess) renew(ctx context.Context, instance string) {
	for pause(ctx, renewCheck) {
		if !p.certificate.Due(time.Now()) {
			continue
		}
		p.renewNow(ctx, instance)
	}
}

// renewNow gets a new certificate and the gossip key in use.
func (p *agentProcess) renewNow(ctx context.Context, instance string) {
	key, err := p.enrol(ctx, instance)
	if err == nil {
		_, err = p.gossip.Take(key)
	}
	if err != nil {
		p.log.Warn("could not renew the certificate and the gossip key; trying again", "error", err)
	}
}

// candidates are the servers that gossip knows; before it knows any, those to join by, on the usual
// port.
func (p *agentProcess) candidates() (servers []structs.Member) {
	if p.gossip != nil {
		servers = slices.DeleteFunc(p.gossip.Servers(), func(m structs.Member) bool {
			return m.Status != structs.MemberAlive
		})
	}
	if len(servers) > 0 {
		return servers
	}
	for _, address := range p.network.join {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			host = address
		}
		http := net.JoinHostPort(host, strconv.Itoa(p.httpPort))
		servers = append(servers, structs.Member{ID: http, HTTP: http})
	}
	return servers
}

func (p *agentProcess) connect(address string) *client.Client {
	if p.certificate == nil {
		return client.New(client.Config{Address: "http://" + address})
	}
	return client.New(client.Config{Address: "https://" + address, TLS: p.certificate.DialServers(), Agent: true})
}

// pause waits; false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
