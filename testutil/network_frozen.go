package testutil

import "net"

// mostHeld is how many packets the kernel of a frozen process keeps for it.
const mostHeld = 1024

// Freeze stops the process of a host, as SIGSTOP does, until Thaw or its end: nothing that is sent
// to it is read, and nothing comes from it. Its kernel is there: it takes connections and keeps
// what arrives, and what was sent from there before goes on its way. Who waits there for an answer
// goes on waiting, for however long.
//
// Fake time cannot stop a part of the goroutines, so what a process does by the passing of time
// alone it does while it is frozen, and nobody hears of it before Thaw: a leader has stepped down
// by then, which a real one finds out only then. test/hosts stops real processes.
func (n *Network) Freeze(host string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, frozen := n.frozen[host]; !frozen {
		n.frozen[host] = []func(){}
	}
}

// Thaw lets the process of a host go on.
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

// Frozen says whether the process of a host is stopped.
func (n *Network) Frozen(host string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, frozen := n.frozen[host]
	return frozen
}

// hold keeps what arrives as a packet at host:port where the process there is frozen. The lock is
// held.
func (n *Network) hold(address string, arrive func()) bool {
	host, _, _ := net.SplitHostPort(address)
	held, frozen := n.frozen[host]
	if frozen && len(held) < mostHeld {
		n.frozen[host] = append(held, arrive)
	}
	return frozen
}
