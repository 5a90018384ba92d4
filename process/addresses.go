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

// Addresses holds where a server or an agent listens, and how it finds the cluster.
type Addresses struct {
	// Bind is the IP address to listen on. Required.
	Bind string
	// Advertise is the IP address at which other machines reach this one. Empty: Bind.
	Advertise string
	// HTTPPort is the port of the APIs: the server's own, or for an agent that of the servers to
	// join.
	HTTPPort int
	// RaftPort is the port of raft; agents have none.
	RaftPort int
	// GossipPort is the port of gossip, both udp and tcp.
	GossipPort int
	// Join holds servers to find the cluster by, each HOST or HOST:GOSSIP-PORT.
	Join []string
}

// Reached returns the address at which other machines reach a port of this one.
func (a *Addresses) Reached(port int) string {
	return net.JoinHostPort(cmp.Or(a.Advertise, a.Bind), strconv.Itoa(port))
}

// Listens returns the address at which this machine listens on a port.
func (a *Addresses) Listens(port int) string { return net.JoinHostPort(a.Bind, strconv.Itoa(port)) }

// certified returns the hosts that the certificate of a server with that name is valid for. If it
// listens on every address, those include the loopback addresses, by which the port of a container
// may be published.
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

// gossipAddresses returns the addresses of Join, with the servers' gossip port where one has none.
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
