package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/process"
)

// network are the flags of servers and agents on where they listen and whom they trust.
type network struct {
	process.Addresses
	secretFile string
	insecure   bool
}

func (n *network) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&n.Bind, "bind", "", "IP address to listen on (required)")
	f.StringVar(&n.Advertise, "advertise", "", "IP address that the others are told (default: that of --bind)")
	f.IntVar(&n.HTTPPort, "http-port", process.DefaultHTTPPort, "port of the APIs on servers")
	f.IntVar(&n.GossipPort, "gossip-port", process.DefaultGossipPort, "port of gossip, udp and tcp")
	f.StringSliceVar(&n.Join, "join", nil, "addresses of servers to find the others by, HOST or HOST:GOSSIP-PORT")
	f.StringVar(&n.secretFile, "secret-file", "", "file with the cluster's secret (gantry keygen)")
	f.BoolVar(&n.insecure, "insecure", false, "no TLS, no signatures, gossip in the clear; on loopback addresses only")
}

func (n *network) check() error {
	for flag, text := range map[string]string{"--bind": n.Bind, "--advertise": n.Advertise} {
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
	if ip := net.ParseIP(n.Bind); ip.IsUnspecified() && n.Advertise == "" {
		return fmt.Errorf("--advertise is required with --bind %s: the others need one address to reach this machine", n.Bind)
	}
	switch {
	case n.insecure && n.secretFile != "":
		return errors.New("--insecure and --secret-file exclude each other")
	case !n.insecure && n.secretFile == "":
		return errors.New("--secret-file is required: make one secret for all servers and agents with `gantry keygen > cluster.key` (or try things out with --insecure on loopback addresses)")
	}
	return nil
}

// portTaken names the flag to change when another process has the port that an error is about:
// --raft-port, or that of the APIs.
func portTaken(err error, raftPort int, httpFlag string) error {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || !errors.Is(err, syscall.EADDRINUSE) || op.Addr == nil {
		return err
	}
	address, flag := op.Addr.String(), httpFlag
	if strings.HasSuffix(address, ":"+strconv.Itoa(raftPort)) {
		flag = "--raft-port"
	}
	return fmt.Errorf("%s is taken by another process: stop that one, or choose another port with %s", address, flag)
}
