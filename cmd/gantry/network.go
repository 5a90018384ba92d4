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

// network holds the flags that say where a server or an agent listens, and whom it trusts.
type network struct {
	process.Addresses
	secretFile string
	insecure   bool
}

func (n *network) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&n.Bind, "bind", "", "`IP` address to listen on (required)")
	f.StringVar(&n.Advertise, "advertise", "", "`IP` address at which other machines reach this one (default: that of --bind)")
	f.IntVar(&n.HTTPPort, "http-port", process.DefaultHTTPPort, "`port` of the APIs on servers, TCP")
	f.IntVar(&n.GossipPort, "gossip-port", process.DefaultGossipPort, "`port` of gossip, TCP and UDP")
	f.StringSliceVar(&n.Join, "join", nil, "`addresses` of servers to find the cluster by, each HOST or HOST:GOSSIP-PORT, separated by commas")
	f.StringVar(&n.secretFile, "secret-file", "", "`file` with the cluster's secret, made by \"gantry keygen\"")
	f.BoolVar(&n.insecure, "insecure", false, "run without TLS, signatures or encrypted gossip; allowed on loopback addresses only")
}

func (n *network) check() error {
	for flag, text := range map[string]string{"--bind": n.Bind, "--advertise": n.Advertise} {
		ip := net.ParseIP(text)
		switch {
		case flag == "--bind" && text == "":
			return errors.New("--bind is required: an IP address of this machine that the other machines reach, " +
				"such as --bind 10.0.0.5")
		case text != "" && ip == nil:
			return fmt.Errorf("%s: %q is not an IP address", flag, text)
		case n.insecure && text != "" && !ip.IsLoopback():
			return fmt.Errorf("%s: %s is not a loopback address: with --insecure any caller may do everything, "+
				"so other machines must not reach it", flag, text)
		}
	}
	if ip := net.ParseIP(n.Bind); ip.IsUnspecified() && n.Advertise == "" {
		return fmt.Errorf("--advertise is required with --bind %s: the other machines need one address at which to reach this one", n.Bind)
	}
	switch {
	case n.insecure && n.secretFile != "":
		return errors.New("--insecure and --secret-file cannot be used together")
	case !n.insecure && n.secretFile == "":
		return errors.New("--secret-file is required: make one secret for all servers and agents with `gantry keygen > cluster.key` " +
			"(to try things out on loopback addresses, use --insecure)")
	}
	return nil
}

// portTaken returns err with the flag to change if another process has the port: --raft-port, or
// else httpFlag.
func portTaken(err error, raftPort int, httpFlag string) error {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || !errors.Is(err, syscall.EADDRINUSE) || op.Addr == nil {
		return err
	}
	address, flag := op.Addr.String(), httpFlag
	if strings.HasSuffix(address, ":"+strconv.Itoa(raftPort)) {
		flag = "--raft-port"
	}
	return fmt.Errorf("%s is taken by another process: stop it, or choose another port with %s", address, flag)
}
