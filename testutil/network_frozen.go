package testutil

import "net"

// mostHeld is the number of packets that the kernel of a frozen process keeps for it.
const mostHeld = 1024

// Freeze stops the process of a host, as SIGSTOP does, until Thaw or its end: it reads nothing and
// sends nothing. Its kernel still works: it accepts connections and keeps what arrives, and
// delivers what was sent before. Whoever waits there for an answer keeps waiting, however long.
//
// Fake time cannot stop only some goroutines. So a frozen process still does what depends on the
// passing of time alone, and nobody hears of it before Thaw: a frozen leader has stepped down by
// then, while a real one would only notice then. test/hosts stops real processes.
func (n *Network) Freeze(host string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, frozen := n.frozen[host]; !frozen {
		n.frozen[host] = []func(){}
	}
}

// Thaw undoes Freeze.
func (n *Network) Thaw(host string) {
	n.mu.Lock()
	held := n.frozen[host]
	delete(n.frozen, host)
	n.mu.Unlock()
	for _, arrive := range held {
		arrive()
	}
	n.lookAgain()
}

// Frozen reports whether the process of a host is stopped.
func (n *Network) Frozen(host string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, frozen := n.frozen[host]
	return frozen
}

// hold keeps a packet that arrives at host:port if the process there is frozen. The lock is held.
func (n *Network) hold(address string, arrive func()) bool {
	host, _, _ := net.SplitHostPort(address)
	held, frozen := n.frozen[host]
	if frozen && len(held) < mostHeld {
		n.frozen[host] = append(held, arrive)
	}
	return frozen
}
