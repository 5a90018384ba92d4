package network

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// portDNS is the port of DNS.
const portDNS = 53

// resolvers are the addresses at which agents answer the queries of their own containers, one for
// each instance of the machine: agents of different installations know different names.
var resolvers = netip.MustParsePrefix("169.254.171.0/24")

// resolverOf returns the address of an instance: the one that its note has, or the first that no
// other instance has. The lock is held.
func resolverOf(tagged, endpoint string, notes map[string]note) (netip.Addr, error) {
	taken := map[netip.Addr]bool{}
	for other, of := range notes {
		a, err := netip.ParseAddr(of.Resolver)
		if err != nil || of.Endpoint != endpoint {
			continue
		}
		if other == tagged {
			return a, nil
		}
		taken[a] = true
	}
	for a := resolvers.Addr().Next(); resolvers.Contains(a); a = a.Next() {
		if !taken[a] {
			return a, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("all addresses of %s are in use by other agents of this machine", resolvers)
}

// ListenResolver listens for DNS at the instance's own address, which it returns.
func (e *Endpoint) ListenResolver() (at string, packets *net.UDPConn, streams net.Listener, err error) {
	e.mu.Lock()
	at = e.resolver.String()
	address := netip.AddrPortFrom(e.resolver, portDNS).String()
	e.mu.Unlock()
	err = e.do(func() error {
		c, err := sharing.ListenPacket(context.Background(), "udp4", address)
		if err != nil {
			return err
		}
		packets = c.(*net.UDPConn)
		if streams, err = sharing.Listen(context.Background(), "tcp4", address); err != nil {
			return errors.Join(err, packets.Close())
		}
		return nil
	})
	return at, packets, streams, err
}
