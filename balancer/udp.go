package balancer

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// The limits of UDP listeners.
const (
	udpIdle      = 120 * time.Second // elbv2: after that the next datagram may go to another target
	udpDrainIdle = 5 * time.Second   // for answers of a target that drains
	mostFlows    = 1 << 16           // of a port; datagrams of more are dropped
	mostDatagram = 1 << 16           // bytes
)

// datagrams is what a port of UDP serves.
type datagrams struct {
	*port
	conn *net.UDPConn
	work sync.WaitGroup

	mu    sync.Mutex
	flows map[netip.AddrPort]*udpFlow
}

// udpFlow is the datagrams of one client, and the answers of its target.
type udpFlow struct {
	client netip.AddrPort
	conn   *net.UDPConn // connected to the target
	target *target
	last   atomic.Int64 // when a datagram came, of either side, in nanoseconds of Unix time
}

// serveUDP opens the port and passes datagrams on.
func (p *port) serveUDP(address string) error {
	at, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return err
	}
	conn, err := net.ListenUDP("udp", at)
	if err != nil {
		return err
	}
	d := &datagrams{port: p, conn: conn, flows: map[netip.AddrPort]*udpFlow{}}
	d.work.Go(d.read)
	p.stop = func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) } // answers still go out
	p.finish = d.finish
	return nil
}

// read passes on what clients send, until the port is stopped.
func (d *datagrams) read() {
	buffer := make([]byte, mostDatagram)
	for {
		n, client, err := d.conn.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		l := d.plan.Load().listeners[0]
		l.in.Add(uint64(n))
		f := d.flow(client, l)
		if f == nil {
			l.errors.Add(1)
			continue
		}
		f.last.Store(time.Now().UnixNano())
		f.target.moved(int64(n), 0)
		f.target.group.moved(int64(n), 0)
		if _, err := f.conn.Write(buffer[:n]); err != nil {
			// Nothing listens there, says an answer to an earlier datagram: this one has another
			// chance elsewhere.
			f.target.refused(time.Now())
			d.drop(f)
			if f = d.flow(client, l); f != nil {
				_, _ = f.conn.Write(buffer[:n])
			}
		}
	}
}

// flow returns the flow of a client; one whose target drains is replaced.
func (d *datagrams) flow(client netip.AddrPort, l *listener) *udpFlow {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.flows[client]
	if f != nil && !f.target.draining.Load() {
		return f
	}
	if f == nil && len(d.flows) >= mostFlows {
		return nil
	}
	g := (&streams{port: d.port}).groupOf(l)
	if g == nil {
		return nil
	}
	t := g.pick(nil)
	if g.settings.Load().sticky == stickySource && t != nil {
		t.done()
		t = g.bySource(client.Addr().String(), nil)
	}
	if t == nil {
		g.errors.Add(1)
		return nil
	}
	conn, err := net.Dial("udp", t.Address)
	if err != nil {
		t.done()
		return nil
	}
	l.requests.Add(1)
	l.open.Add(1)
	g.requests.Add(1)
	f = &udpFlow{client: client, conn: conn.(*net.UDPConn), target: t}
	f.last.Store(time.Now().UnixNano())
	d.flows[client] = f
	d.work.Go(func() {
		defer l.open.Add(-1)
		d.answer(f, l)
	})
	return f
}

// answer passes on what the target of a flow sends, until the flow has been idle.
func (d *datagrams) answer(f *udpFlow, l *listener) {
	defer f.target.done()
	defer d.drop(f)
	buffer := make([]byte, mostDatagram)
	for {
		_ = f.conn.SetReadDeadline(time.Now().Add(udpDrainIdle))
		n, err := f.conn.Read(buffer)
		if err == nil {
			f.last.Store(time.Now().UnixNano())
			_, _ = d.conn.WriteToUDPAddrPort(buffer[:n], f.client)
			l.moved(0, int64(n))
			f.target.moved(0, int64(n))
			f.target.group.moved(0, int64(n))
			continue
		}
		late, ok := err.(net.Error)
		if !ok || !late.Timeout() {
			return // closed, or nothing listens there
		}
		idle := time.Since(time.Unix(0, f.last.Load()))
		if idle > udpIdle || idle > udpDrainIdle && f.target.draining.Load() {
			return
		}
	}
}

// drop ends a flow.
func (d *datagrams) drop(f *udpFlow) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.flows[f.client] == f {
		delete(d.flows, f.client)
	}
	f.conn.Close()
}

// finish waits a moment for answers, and ends the flows.
func (d *datagrams) finish(ctx context.Context) {
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
	}
	d.conn.Close()
	d.mu.Lock()
	for _, f := range d.flows {
		f.conn.Close()
	}
	d.mu.Unlock()
	d.work.Wait()
}
