package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/access"
	"github.com/gantry-project/gantry/aws"
	"github.com/gantry-project/gantry/gossip"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/server"
)

// auditFile is the log of all writes, in the data directory.
const auditFile = "server/audit.log"

// serverOptions are the flags of gantry server.
type serverOptions struct {
	network
	logging      logging
	dataDir      string
	expect       int
	name         string
	zone, region string
}

func serverCommand() *cobra.Command { return new(serverOptions).command() }

func (o *serverOptions) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "server",
		Short: "Run one of the three or five servers that keep a cluster's state",
		Long: `Run one of the three or five servers that keep a cluster's state.

Servers find each other by gossip (--join) and form a cluster once as many are there as --bootstrap-expect says. One that starts on a new
data directory later joins the cluster that is there. Any of them takes any call.`,
		Example: `  gantry keygen > cluster.key
  gantry server --data-dir /var/lib/gantry --bind 10.0.0.1 --bootstrap-expect 3 --join 10.0.0.2,10.0.0.3 --secret-file cluster.key`,
	}
	o.logging.addFlags(cmd)
	o.addFlags(cmd)
	addConfigFlag(cmd)
	cmd.Flags().IntVar(&o.raftPort, "raft-port", defaultRaftPort, "port of raft")
	cmd.Flags().StringVar(&o.dataDir, "data-dir", "", "directory that keeps the server's state (required)")
	cmd.Flags().IntVar(&o.expect, "bootstrap-expect", 0, "how many servers form a new cluster: 1, 3 or 5; not needed to join one that is there")
	cmd.Flags().StringVar(&o.name, "name", "", "name for people (default: the host's)")
	cmd.Flags().StringVar(&o.zone, "zone", "", "availability zone of this machine")
	cmd.Flags().StringVar(&o.region, "region", "", "region of this machine")
	cmd.AddCommand(serverRaftCommand(), serverLeaveCommand(), serverRecoverCommand())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := o.check(); err != nil {
			return err
		}
		log := o.logging.logger()
		go o.logging.follow(cmd.Context(), cmd, log)
		return runServer(cmd.Context(), o, log, cmd.OutOrStdout())
	}
	return cmd
}

func (o *serverOptions) check() error {
	switch {
	case o.dataDir == "":
		return errors.New("--data-dir is required: the directory that keeps the server's state")
	case o.expect < 0 || o.expect > 9 || o.expect > 0 && o.expect%2 == 0:
		return fmt.Errorf("--bootstrap-expect: %d is no number of servers to begin with; use 1, 3 or 5: an even one survives no more failures than the odd one below it", o.expect)
	case o.expect == 0 && len(o.join) == 0:
		return errors.New("--bootstrap-expect is required where there is no --join: say how many servers form the new cluster")
	}
	return cmp.Or(o.logging.check(), o.network.check())
}

// serverProcess is a server with its listener.
type serverProcess struct {
	*serverOptions
	log      *slog.Logger
	server   *server.Server
	audit    *access.Audit
	http     *http.Server
	listener net.Listener
	closing  chan struct{} // closed when streams are to end
}

// slack is how many bytes the heap of a server may at least grow between two garbage collections. A
// small heap would otherwise be collected a hundred times a second while many calls come.
const slack = 64 << 20

// runServer runs until ctx ends or a part fails.
func runServer(ctx context.Context, o *serverOptions, log *slog.Logger, out io.Writer) error {
	unused := make([]byte, slack) // memory that is never touched is counted as heap, and costs none
	defer runtime.KeepAlive(unused)
	p := &serverProcess{serverOptions: o, log: log, closing: make(chan struct{})}
	if err := p.open(ctx); err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- p.http.Serve(p.listener) }()
	report(p.log, "READY=1\nSTATUS=waiting for a leader")
	go p.announce(ctx, out)
	var err error
	select {
	case <-ctx.Done():
	case <-p.server.Left():
		fmt.Fprintf(out, "gantry server %s has left the cluster\n", p.name)
	case err = <-failed:
	case err = <-p.server.Failed():
		hangUp(p.http)
		return err // nothing can be stopped in order any more
	}
	report(p.log, "STOPPING=1")
	return errors.Join(err, stopUnlessFailed(p.server, p.stop))
}

// open starts all but the serving of calls.
func (p *serverProcess) open(ctx context.Context) (err error) {
	if p.name == "" {
		if p.name, err = os.Hostname(); err != nil {
			return fmt.Errorf("read the host name: %w", err)
		}
	}
	secret, err := p.secret()
	if err != nil {
		return err
	}
	raftListener, err := listenOn(ctx, p.listens(p.raftPort), "--raft-port")
	if err != nil {
		return err
	}
	if p.listener, err = listenOn(ctx, p.listens(p.httpPort), "--http-port"); err != nil {
		return errors.Join(err, raftListener.Close())
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, raftListener.Close(), p.listener.Close())
		}
	}()
	peers := &server.Peers{
		Expect: p.expect, Name: p.name, Zone: p.zone, Region: p.region, Version: version, HTTP: p.reached(p.httpPort), Raft: p.reached(p.raftPort),
		RaftListener: raftListener, Join: p.gossipAddresses(p.gossip),
		Gossip: gossip.Config{Bind: p.bind, Advertise: p.advertise, Port: p.gossip},
	}
	d := &doors{log: p.log, closing: p.closing, front: p.front}
	config := server.Config{DataDir: p.dataDir, Peers: peers, Logger: p.log}
	gate := access.Config{Logger: p.log, SignedFor: aws.SignedFor, Refuse: aws.Refuse}
	if secret != nil {
		sealer, err := p.secure(secret, peers, d)
		if err != nil {
			return err
		}
		config.Sealer, gate.Secrets = sealer, sealer
	}
	if err := checkDisk(p.dataDir); err != nil {
		return err
	}
	if p.server, err = server.New(config); err != nil {
		return err
	}
	if p.audit, err = access.OpenAudit(filepath.Join(p.dataDir, auditFile), p.log); err != nil {
		return errors.Join(err, p.server.Stop())
	}
	gate.Behind = p.server.Behind
	gate.Keys, gate.Audit = p.server.Control().AccessKey, p.audit
	d.server, d.ready, d.gate = p.server, p.server.Ready, access.New(gate)
	d.members, d.leader = p.server.Members, p.server.Leader
	p.http = serveHTTP(d.handler(), p.log)
	return nil
}

// secure puts TLS on the listeners, a certificate on calls to others and a key on gossip, and gives
// what seals secrets.
func (p *serverProcess) secure(secret *security.Secret, peers *server.Peers, d *doors) (*security.Sealer, error) {
	authority, err1 := secret.Authority()
	agents, err2 := secret.AgentKey()
	key, err3 := secret.GossipKey()
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	certificate := authority.Server(p.name, p.certified(p.name), time.Now)
	peers.TLS, peers.Gossip.Key = certificate.DialServers(), key
	peers.RaftListener = tls.NewListener(peers.RaftListener, certificate.ListenServers())
	p.listener = tls.NewListener(p.listener, certificate.ListenClients())
	d.enrol = func(instance string, in security.Enrolment) (security.Enrolled, error) {
		chain, err := authority.Enrol(agents, in, instance, time.Now())
		return security.Enrolled{Chain: chain, GossipKey: p.server.GossipKey()}, err
	}
	return secret.Sealer()
}

func listenOn(ctx context.Context, address, flag string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is taken by another process: stop that one, or choose another port with %s", address, flag)
	}
	return l, err
}

func (p *serverProcess) url() string {
	scheme := "https://"
	if p.insecure {
		scheme = "http://"
	}
	return scheme + p.reached(p.httpPort)
}

// announce waits until a leader stands and says so.
func (p *serverProcess) announce(ctx context.Context, out io.Writer) {
	fmt.Fprintf(out, "gantry server %s (%s) listens on %s\n", p.name, p.server.ID(), p.url())
	for p.server.Ready() != nil {
		select {
		case <-ctx.Done():
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
	fmt.Fprintln(out, "a leader stands; calls are taken")
	report(p.log, "STATUS=a leader stands; calls are taken")
}

// front says who this is.
func (p *serverProcess) front(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintf(w, "gantry server %s speaks the Amazon ECS API here, and its own under /v1.\n", p.name)
}

// stop ends streams, answers calls under way, and closes the data directory.
func (p *serverProcess) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWait)
	defer cancel()
	close(p.closing)
	return errors.Join(p.http.Shutdown(ctx), p.server.Stop(), p.audit.Close())
}
