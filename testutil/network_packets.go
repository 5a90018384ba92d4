package testutil

import (
	"context"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gantry-project/gantry/gossip"
)

// packetPort carries the packets and streams of a gossip member. It is a gossip.Transport.
type packetPort struct {
	network *Network
	host    string
	address string
	in      chan *gossip.Packet
	streams chan net.Conn
	tcp     net.Listener
	closed  chan struct{}
	once    sync.Once
}

// Gossip returns the transport of a gossip member at host:port.
func (n *Network) Gossip(host string, port int) gossip.Transport {
	address := net.JoinHostPort(host, strconv.Itoa(port))
	p := &packetPort{network: n, host: host, address: address, in: make(chan *gossip.Packet, 1024), streams: make(chan net.Conn), tcp: n.Listen(address), closed: make(chan struct{})}
	n.mu.Lock()
	n.packets[address] = p
	n.mu.Unlock()
	go func() {
		for {
			c, err := p.tcp.Accept()
			if err != nil {
				return
			}
			select {
			case p.streams <- c:
			case <-p.closed:
				c.Close()
				return
			}
		}
	}()
	return p
}

func (p *packetPort) FinalAdvertiseAddr(string, int) (net.IP, int, error) {
	_, port, _ := net.SplitHostPort(p.address)
	number, err := strconv.Atoi(port)
	return net.ParseIP(p.host), number, err
}

func (p *packetPort) WriteTo(b []byte, to string) (time.Time, error) {
	now := time.Now()
	host, _, err := net.SplitHostPort(to)
	if err != nil {
		return now, err
	}
	delay, sent := p.network.sendPacket(p.host, host)
	if !sent {
		return now, nil
	}
	arrive := p.network.deliver(to, &gossip.Packet{Buf: slices.Clone(b), From: netAddr(p.address), Timestamp: now})
	if delay > 0 {
		time.AfterFunc(delay, arrive)
	} else {
		arrive()
	}
	return now, nil
}

// deliver returns a function that delivers a packet to a port, if that is open by then.
func (n *Network) deliver(to string, packet *gossip.Packet) (arrive func()) {
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if port := n.packets[to]; port != nil && !n.hold(to, arrive) {
			select {
			case port.in <- packet:
			default: // a full port drops packets
			}
		}
	}
}

func (p *packetPort) PacketCh() <-chan *gossip.Packet { return p.in }

func (p *packetPort) DialTimeout(address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return p.network.dial(ctx, p.host, address)
}

func (p *packetPort) StreamCh() <-chan net.Conn { return p.streams }

func (p *packetPort) Shutdown() error {
	p.network.mu.Lock()
	if p.network.packets[p.address] == p {
		delete(p.network.packets, p.address)
	}
	p.network.mu.Unlock()
	p.once.Do(func() { close(p.closed) })
	return p.tcp.Close()
}
