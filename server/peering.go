package server

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gantry-project/gantry/gossip"
	"github.com/gantry-project/gantry/internal/wholefile"
	"github.com/gantry-project/gantry/structs"
)

// Peers is how a server finds and reaches the others.
type Peers struct {
	// Expect is how many servers form a new cluster (--bootstrap-expect). Zero: this one only joins
	// a cluster that is there.
	Expect int
	// Name, Zone, Region and Version are what the server says of itself.
	Name, Zone, Region, Version string
	// HTTP and Raft are host:port at which other servers reach it.
	HTTP, Raft string
	// RaftListener takes raft's connections, with TLS where TLS is set. The server closes it.
	RaftListener net.Listener
	// TLS is that of calls to other servers; nil: none.
	TLS *tls.Config
	// Gossip is where it listens and with which key; the server fills in Self and Logger.
	Gossip gossip.Config
	// Join are hosts or host:port of the gossip of others. It is tried until one answers.
	Join []string
	// Dial replaces the network, for tests. Nil: the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// peerDial bounds the making of a connection to another server.
const peerDial = time.Second

// peerSilence is how long a connection to another server may be silent during a call before that is
// asked for a sign of life, and how long that may take. A call to a server that froze, or to which
// the link broke, would else hang for as long as its caller waits.
const peerSilence = time.Second

func (p *Peers) dialer() func(context.Context, string, string) (net.Conn, error) {
	if p.Dial != nil {
		return p.Dial
	}
	return (&net.Dialer{Timeout: peerDial, KeepAlive: 5 * time.Second}).DialContext
}

// newMembership starts gossip; membership's own loop begins with run.
func (s *Server) newMembership() (*membership, error) {
	p := s.config.Peers
	m := &membership{
		announce: make(chan struct{}, 1), leaving: map[string]time.Time{}, promise: s.promise,
		id: s.config.ID, raft: s.raft, log: s.log, join: p.Join,
		peers: &peerClient{scheme: "http", http: &http.Client{Transport: &http.Transport{
			// raft dials with p.TLS, and http changes its own
			DialContext: p.dialer(), TLSClientConfig: p.TLS.Clone(), ForceAttemptHTTP2: p.TLS != nil,
			TLSHandshakeTimeout: peerDial, HTTP2: &http.HTTP2Config{SendPingTimeout: peerSilence, PingTimeout: peerSilence},
			MaxIdleConnsPerHost: 32, IdleConnTimeout: time.Minute, DisableCompression: true,
		}}},
	}
	if p.TLS != nil {
		m.peers.scheme = "https"
	}
	config := p.Gossip
	config.Logger = s.log
	config.DataDir = filepath.Join(s.config.DataDir, serverDir)
	config.Self = structs.Member{
		ID: s.config.ID, Name: p.Name, Role: structs.RoleServer, Zone: p.Zone, Region: p.Region, Version: p.Version, HTTP: p.HTTP, Raft: p.Raft,
	}
	if len(m.configuration().Servers) == 0 {
		config.Self.Expect = p.Expect
	}
	var err error
	m.gossip, err = gossip.New(config)
	return m, err
}

// Members are the servers and agents that gossip knows; none without Peers.
func (s *Server) Members() []structs.Member {
	if s.membership == nil {
		return []structs.Member{}
	}
	return s.membership.gossip.Members()
}

// serverDir is the server's part of the data directory.
const serverDir = "server"

// identity gives the id of the server of a data directory: the one that was asked for, or the one
// that was minted at the first start. Without its log a server has forgotten whom it voted for, and
// is another one.
func identity(dataDir, asked string) (string, error) {
	if asked != "" {
		return asked, nil
	}
	dir := filepath.Join(dataDir, serverDir)
	_, err := os.Stat(filepath.Join(dir, logFile))
	if errors.Is(err, fs.ErrNotExist) {
		return mintIdentity(dir)
	}
	path := filepath.Join(dir, "id")
	raw, err := wholefile.Read(path)
	id := strings.TrimSpace(string(raw))
	if number, wrong := hex.DecodeString(id); err != nil || wrong != nil || len(number) != idSize {
		return "", fmt.Errorf("the server's id in %s is damaged or missing: nothing was changed. Write it there again if you know it (`gantry server raft` on the others lists it), or move %s away: one of several servers then joins as a new one, and gets everything from the others",
			path, dir)
	}
	return id, nil
}

// idSize is that of a server's id in bytes.
const idSize = 16

func mintIdentity(dir string) (string, error) {
	var random [idSize]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand)
	id := hex.EncodeToString(random[:])
	err := cmp.Or(os.MkdirAll(dir, 0o700), wholefile.Write(filepath.Join(dir, "id"), []byte(id)))
	if err != nil {
		return "", fmt.Errorf("keep the server's id: %w", err)
	}
	return id, nil
}
