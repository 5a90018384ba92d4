package process

import (
	"crypto/tls"
	"errors"
	"net"
	"path/filepath"
	"time"

	"github.com/gantry-project/gantry/access"
	"github.com/gantry-project/gantry/aws"
	"github.com/gantry-project/gantry/gossip"
	"github.com/gantry-project/gantry/objectstore"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/server"
)

// auditFile is the log of all writes, in the data directory.
const auditFile = "server/audit.log"

// NewServer opens the listeners and the data directory, and starts the server behind them. It takes
// calls after Start.
func NewServer(c ServerConfig) (*Server, error) {
	return newServer(c, func(*doors) {})
}

// newServer is NewServer with a change of the doors before they are made.
func newServer(c ServerConfig, change func(*doors)) (_ *Server, err error) {
	s := &Server{
		outcome: newOutcome(), config: c,
		closing: make(chan struct{}), stopped: make(chan struct{}), broken: make(chan struct{}),
	}
	if s.config.Name, err = hostName(c.Name); err != nil {
		return nil, err
	}
	var raft net.Listener
	if !c.Alone {
		if raft, err = c.Hooks.listen(c.Listens(c.RaftPort)); err != nil {
			return nil, err
		}
	}
	if s.listener, err = c.Hooks.listen(c.Listens(c.HTTPPort)); err == nil {
		err = s.open(raft, change)
	}
	if err == nil {
		return s, nil
	}
	if s.listener != nil {
		err = errors.Join(err, s.listener.Close())
	}
	if raft != nil {
		err = errors.Join(err, raft.Close())
	}
	return nil, err
}

// open makes the server and its doors behind the listeners.
func (s *Server) open(raft net.Listener, change func(*doors)) error {
	c := &s.config
	d := &doors{log: c.Logger, closing: s.closing, front: s.front}
	config := server.Config{
		ID: c.Hooks.ID, DataDir: c.DataDir, Version: c.Version, Logger: c.Logger, Now: c.Hooks.Now, SlowDisk: c.Hooks.SlowDisk,
		TaskNetwork: c.TaskNetwork,
		Fargate:     c.Fargate,
		Ingress:     c.Ingress,
		Buckets:     objectstore.Mapped{},
		ACME:        c.ACME, LocalCertificates: c.Alone && c.ACME == nil,
	}
	if !c.Alone {
		config.Peers = s.peers(raft)
	}
	var sealer *security.Sealer
	var err error
	config.Sessions = security.OpenSessions()
	if c.Secret != nil {
		if sealer, err = s.secure(config.Peers, d); err != nil {
			return err
		}
		config.Sealer = sealer
		if config.Sessions, err = c.Secret.Sessions(); err != nil {
			return err
		}
	}
	if err := CheckDisk(c.DataDir); err != nil {
		return err
	}
	if config.VaultSealer, err = vaultSealer(sealer, c.DataDir); err != nil {
		return err
	}
	if s.server, err = server.New(config); err != nil {
		return err
	}
	d.server, d.ready, d.members, d.leader = s.server, s.server.Ready, s.server.Members, s.server.Leader
	if c.Alone {
		d.members, d.leader = s.itself, s.itselfLeading
	} else if d.gate, err = s.gate(sealer); err != nil {
		return errors.Join(err, s.server.Stop())
	}
	change(d)
	handler := d.handler()
	if c.Hooks.Around != nil {
		handler = c.Hooks.Around(handler)
	}
	s.http = serveHTTP(handler, c.Logger)
	return nil
}

// peers returns how the server meets others.
func (s *Server) peers(raft net.Listener) *server.Peers {
	c := &s.config
	return &server.Peers{
		Expect: c.Expect, Name: c.Name, Zone: c.Zone, Region: c.Region, Version: c.Version,
		HTTP: c.Reached(c.HTTPPort), Raft: c.Reached(c.RaftPort), RaftListener: raft,
		Join: c.gossipAddresses(c.GossipPort), Dial: c.Hooks.Dial,
		Gossip: gossip.Config{Bind: c.Bind, Advertise: c.Advertise, Port: c.GossipPort, Transport: c.Hooks.Gossip},
	}
}

// gate returns what lets callers in, with the audit log. sealer is nil where any caller may do
// everything.
func (s *Server) gate(sealer *security.Sealer) (_ *access.Gate, err error) {
	c := &s.config
	if s.audit, err = access.OpenAudit(filepath.Join(c.DataDir, auditFile), c.Logger); err != nil {
		return nil, err
	}
	config := access.Config{
		Keys: s.server.Control().AccessKey, Session: s.server.Control().Session, Behind: s.server.Behind, Audit: s.audit, Logger: c.Logger, Now: c.Hooks.Now,
		SignedFor: aws.SignedFor, ActionOf: aws.ActionOf, Refuse: aws.Refuse,
	}
	if sealer != nil {
		config.Secrets = sealer
	}
	return access.New(config), nil
}

// secure puts TLS on the listeners, a certificate on calls to others and a key on gossip, and
// returns what seals secrets.
func (s *Server) secure(peers *server.Peers, d *doors) (*security.Sealer, error) {
	c := &s.config
	authority, err1 := c.Secret.Authority()
	agents, err2 := c.Secret.AgentKey()
	key, err3 := c.Secret.GossipKey()
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	certificate := authority.Server(c.Name, c.certified(c.Name), time.Now)
	peers.TLS, peers.Gossip.Key = certificate.DialServers(), key
	peers.RaftListener = tls.NewListener(peers.RaftListener, certificate.ListenServers())
	s.listener = tls.NewListener(s.listener, certificate.ListenClients())
	d.enrol = func(instance string, in security.Enrolment) (security.Enrolled, error) {
		chain, err := authority.Enrol(agents, in, instance, time.Now())
		return security.Enrolled{Chain: chain, GossipKey: s.server.GossipKey()}, err
	}
	return c.Secret.Sealer()
}
