package process

import (
	"cmp"
	"net"
	"strconv"

	"github.com/gantry-project/gantry/structs"
)

// The usual ports of a server. Agents use the gossip port.
const (
	DefaultHTTPPort   = 5747
	DefaultRaftPort   = 5748
	DefaultGossipPort = 5749
)

// Addresses are where a server or an agent listens, and by which servers it finds the others.
type Addresses struct {
	// Bind is the IP address to listen on. Required.
	Bind string
	// Advertise is the IP address that the others are told. Empty: Bind.
	Advertise string
	// HTTPPort is the port of the APIs: the server's own, or for an agent that of the servers to
	// join.
	HTTPPort int
	// RaftPort is the port of raft; agents have none.
	RaftPort int
	// GossipPort is the port of gossip, both udp and tcp.
	GossipPort int
	// Join are servers to find the others by, as HOST or HOST:GOSSIP-PORT.
	Join []string
}

// Reached returns the address under which the others reach a port of this machine.
func (a *Addresses) Reached(port int) string {
	return net.JoinHostPort(cmp.Or(a.Advertise, a.Bind), strconv.Itoa(port))
}

// Listens returns the address at which a port of this machine is listened on.
func (a *Addresses) Listens(port int) string { return net.JoinHostPort(a.Bind, strconv.Itoa(port)) }

// certified returns the hosts that the certificate of a server of that name is good for. A server
// that listens on every address of its machine is also called by the machine's own, as in a
// container whose port is published.
func (a *Addresses) certified(name string) []string {
	hosts := []string{"localhost", name}
	if net.ParseIP(a.Bind).IsUnspecified() {
		hosts = append(hosts, "127.0.0.1", "::1")
	} else {
		hosts = append(hosts, a.Bind)
	}
	if a.Advertise != "" {
		hosts = append(hosts, a.Advertise)
	}
	return hosts
}

// gossipAddresses completes the addresses to join with the servers' port of gossip.
func (a *Addresses) gossipAddresses(port int) []string {
	var all []string
	for _, address := range a.Join {
		if _, _, err := net.SplitHostPort(address); err != nil {
			address = net.JoinHostPort(address, strconv.Itoa(port))
		}
		all = append(all, address)
	}
	return all
}

// portsOf returns the ports of addresses.
func portsOf(protocol string, addresses ...string) (ports []structs.Port) {
	for _, address := range addresses {
		_, text, _ := net.SplitHostPort(address)
		if n, err := strconv.ParseUint(text, 10, 16); err == nil {
			ports = append(ports, structs.Port{Number: uint16(n), Protocol: protocol})
		}
	}
	return ports
}
