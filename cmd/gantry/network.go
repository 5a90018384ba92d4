package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/structs"
)

// The ports of a server; agents use the gossip port.
const (
	defaultHTTPPort   = 5747
	defaultRaftPort   = 5748
	defaultGossipPort = 5749
)

// network are the flags of servers and agents on where they listen and whom they trust.
type network struct {
	bind, advertise            string
	httpPort, raftPort, gossip int
	join                       []string
	secretFile                 string
	insecure                   bool
}

func (n *network) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&n.bind, "bind", "", "IP address to listen on (required)")
	f.StringVar(&n.advertise, "advertise", "", "IP address that the others are told (default: that of --bind)")
	f.IntVar(&n.httpPort, "http-port", defaultHTTPPort, "port of the APIs on servers")
	f.IntVar(&n.gossip, "gossip-port", defaultGossipPort, "port of gossip, udp and tcp")
	f.StringSliceVar(&n.join, "join", nil, "addresses of servers to find the others by, HOST or HOST:GOSSIP-PORT")
	f.StringVar(&n.secretFile, "secret-file", "", "file with the cluster's secret (gantry keygen)")
	f.BoolVar(&n.insecure, "insecure", false, "no TLS, no signatures, gossip in the clear; on loopback addresses only")
}

func (n *network) check() error {
	for flag, text := range map[string]string{"--bind": n.bind, "--advertise": n.advertise} {
		ip := net.ParseIP(text)
		switch {
		case flag == "--bind" && text == "":
			return errors.New("--bind is required: the IP address of this machine that the other machines reach, such as --bind 10.0.0.5")
		case text != "" && ip == nil:
			return fmt.Errorf("%s: %q is not an IP address", flag, text)
		case n.insecure && text != "" && !ip.IsLoopback():
			return fmt.Errorf("%s: %s is not a loopback address; --insecure takes any caller, so it must not be reachable from other machines", flag, text)
		}
	}
	if ip := net.ParseIP(n.bind); ip.IsUnspecified() && n.advertise == "" {
		return fmt.Errorf("--advertise is required with --bind %s: the others need one address to reach this machine", n.bind)
	}
	switch {
	case n.insecure && n.secretFile != "":
		return errors.New("--insecure and --secret-file exclude each other")
	case !n.insecure && n.secretFile == "":
		return errors.New("--secret-file is required: make one secret for all servers and agents with `gantry keygen > cluster.key` (or try things out with --insecure on loopback addresses)")
	}
	return nil
}

// reached is the address under which the others reach a port of this machine.
func (n *network) reached(port int) string {
	return net.JoinHostPort(cmp.Or(n.advertise, n.bind), strconv.Itoa(port))
}

func (n *network) listens(port int) string { return net.JoinHostPort(n.bind, strconv.Itoa(port)) }

// certified are the hosts that the certificate of a server of that name is good for. One that
// listens on every address of its machine is also called by the machine's own, as in a container
// whose port is published.
func (n *network) certified(name string) []string {
	hosts := []string{"localhost", name}
	if net.ParseIP(n.bind).IsUnspecified() {
		hosts = append(hosts, "127.0.0.1", "::1")
	} else {
		hosts = append(hosts, n.bind)
	}
	if n.advertise != "" {
		hosts = append(hosts, n.advertise)
	}
	return hosts
}

// gossipAddresses completes the addresses to join with the servers' port of gossip.
func (n *network) gossipAddresses(port int) []string {
	var all []string
	for _, address := range n.join {
		if _, _, err := net.SplitHostPort(address); err != nil {
			address = net.JoinHostPort(address, strconv.Itoa(port))
		}
		all = append(all, address)
	}
	return all
}

// portsOf gives the ports of addresses.
func portsOf(protocol string, addresses ...string) (ports []structs.Port) {
	for _, address := range addresses {
		_, text, _ := net.SplitHostPort(address)
		if n, err := strconv.ParseUint(text, 10, 16); err == nil {
			ports = append(ports, structs.Port{Number: uint16(n), Protocol: protocol})
		}
	}
	return ports
}

// secret reads the cluster's secret; nil with --insecure.
func (n *network) secret() (*security.Secret, error) {
	if n.insecure {
		return nil, nil
	}
	s, err := security.ReadSecret(n.secretFile)
	if err != nil {
		return nil, fmt.Errorf("--secret-file: %w", err)
	}
	return &s, nil
}
