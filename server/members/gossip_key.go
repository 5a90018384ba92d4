package members

import (
	"context"
	"net"

	"github.com/gantry-project/gantry/structs"
)

// RotateGossipKey gives all members a new gossip key, which only present members know.
func (m *Members) RotateGossipKey() (structs.GossipRotation, error) {
	done, err := m.gossip.Rotate()
	if err == nil {
		m.log.Info("rotated the gossip key", "members", done.Members, "down", done.Down)
	}
	return done, err
}

// GossipKey returns the key in use, as known to this server; nil if gossip is not encrypted.
func (m *Members) GossipKey() []byte { return m.gossip.Key() }

// catchUp asks other servers, over TLS and with a server's certificate, for the gossip key in use,
// and reports whether it got a newer one. The key may have been replaced while this server was down
// or cut off, or before its first start.
func (m *Members) catchUp(ctx context.Context) bool {
	if m.gossip.Key() == nil {
		return false
	}
	for _, address := range m.calledAt() {
		key, err := m.client.gossipKey(ctx, address)
		if err != nil {
			m.log.Debug("could not ask a server for the gossip key in use", "address", address, "error", err)
			continue
		}
		taken, err := m.gossip.Take(key)
		if err != nil {
			m.log.Warn("could not take over the gossip key in use; trying again", "error", err)
		}
		if taken {
			m.log.Info("took over the gossip key in use: it was rotated without this server", "from", address)
			return true
		}
	}
	return false
}

// calledAt returns the addresses at which other servers may take calls: those that gossip last
// knew, and the hosts to join with this server's own port.
func (m *Members) calledAt() (addresses []string) {
	self := m.self()
	for _, other := range m.gossip.Servers() {
		if other.ID != m.id && other.HTTP != "" {
			addresses = append(addresses, other.HTTP)
		}
	}
	_, port, err := net.SplitHostPort(self.HTTP)
	if err != nil {
		return addresses
	}
	for _, address := range m.join {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			host = address
		}
		if at := net.JoinHostPort(host, port); at != self.HTTP {
			addresses = append(addresses, at)
		}
	}
	return addresses
}

// gossipAddresses returns the addresses at which the gossip of other servers may be reached.
func (m *Members) gossipAddresses() []string {
	addresses := append([]string{}, m.join...)
	for _, other := range m.gossip.Servers() {
		if other.ID != m.id {
			addresses = append(addresses, other.Address)
		}
	}
	return addresses
}
