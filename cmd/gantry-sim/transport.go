package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gantry-project/gantry/gossip"
)

const (
	// maxPacket is the size of the largest gossip packet, in bytes.
	maxPacket = 1 << 16
	// packetQueue is the number of packets that may wait for an agent.
	packetQueue = 64
)

// transport carries the gossip of one agent on the real network. The library's own transport reads
// each packet into a new buffer of 64 KiB, which is too much for thousands of members in one
// process. Here they share buffers.
type transport struct {
	bind    netip.AddrPort
	meter   *meter
	buffers *sync.Pool // of *[maxPacket]byte
	udp     *net.UDPConn
	tcp     *net.TCPListener
	packets chan *gossip.Packet
	streams chan net.Conn
	closed  chan struct{}
	work    sync.WaitGroup
}

func listenGossip(bind netip.AddrPort, m *meter, buffers *sync.Pool) (*transport, error) {
	t := &transport{
		bind: bind, meter: m, buffers: buffers, closed: make(chan struct{}),
		packets: make(chan *gossip.Packet, packetQueue), streams: make(chan net.Conn),
	}
	var err error
	if t.tcp, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(bind)); err == nil {
		if t.udp, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(bind)); err != nil {
			t.tcp.Close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("listen for gossip: %w", err)
	}
	t.work.Go(t.receive)
	t.work.Go(t.accept)
	return t, nil
}

// receive queues packets until the transport is shut down.
func (t *transport) receive() {
	raw, err := t.udp.SyscallConn()
	for err == nil {
		var packet *gossip.Packet
		if err = raw.Read(func(fd uintptr) bool { packet = t.read(int(fd)); return packet != nil }); err != nil {
			return
		}
		select {
		case t.packets <- packet:
		case <-t.closed:
		}
	}
}

// read returns a packet that has arrived, or nil if there is none. It holds a buffer only
// meanwhile.
func (t *transport) read(fd int) *gossip.Packet {
	buffer := t.buffers.Get().(*[maxPacket]byte)
	defer t.buffers.Put(buffer)
	n, from, err := unix.Recvfrom(fd, buffer[:], unix.MSG_DONTWAIT)
	if err != nil || n == 0 {
		return nil
	}
	t.meter.packet(n)
	packet := &gossip.Packet{Buf: bytes.Clone(buffer[:n]), Timestamp: time.Now()}
	switch from := from.(type) {
	case *unix.SockaddrInet4:
		packet.From = &net.UDPAddr{IP: from.Addr[:], Port: from.Port}
	case *unix.SockaddrInet6:
		packet.From = &net.UDPAddr{IP: from.Addr[:], Port: from.Port}
	}
	return packet
}

func (t *transport) accept() {
	for {
		c, err := t.tcp.AcceptTCP()
		if err != nil {
			return
		}
		select {
		case t.streams <- t.meter.count(c):
		case <-t.closed:
			c.Close()
			return
		}
	}
}

// FinalAdvertiseAddr is a part of gossip.Transport, as are those below.
func (t *transport) FinalAdvertiseAddr(string, int) (net.IP, int, error) {
	return t.bind.Addr().AsSlice(), int(t.bind.Port()), nil
}

// WriteTo sends a packet.
func (t *transport) WriteTo(b []byte, to string) (time.Time, error) {
	address, err := netip.ParseAddrPort(to)
	if err != nil {
		return time.Time{}, err
	}
	n, err := t.udp.WriteToUDPAddrPort(b, address)
	t.meter.packet(n)
	return time.Now(), err
}

// PacketCh returns the packets that arrived.
func (t *transport) PacketCh() <-chan *gossip.Packet { return t.packets }

// DialTimeout opens a stream.
func (t *transport) DialTimeout(address string, timeout time.Duration) (net.Conn, error) {
	c, err := net.DialTimeout("tcp", address, timeout)
	if err != nil {
		return nil, err
	}
	return t.meter.count(c.(*net.TCPConn)), nil
}

// StreamCh returns the streams that others opened.
func (t *transport) StreamCh() <-chan net.Conn { return t.streams }

// Shutdown closes the transport.
func (t *transport) Shutdown() error {
	close(t.closed)
	err := errors.Join(t.udp.Close(), t.tcp.Close())
	t.work.Wait()
	return err
}
