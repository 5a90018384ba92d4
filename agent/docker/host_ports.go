package docker

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/gantry-project/gantry/structs"
)

// The range of dynamic host ports if the kernel does not tell its own, as with ECS's agent.
const (
	firstDynamicPort = 49153
	lastDynamicPort  = 65535
)

// hostPorts chooses host ports for containers: those of the kernel's range of ephemeral ports
// (net.ipv4.ip_local_port_range), as ECS's agent and Docker do. The agent chooses, not the engine,
// so that a port is the same for IPv4 and IPv6, and stays when its container starts again (20.10
// and 26.1 give the two families different ports, and one container's IPv6 port may be another's
// IPv4 port). It is safe for concurrent use.
//
// A port may be taken between its choice and the start of its container. Engine.start then chooses
// another.
type hostPorts struct {
	mu          sync.Mutex
	first, last int
	next        int // moves on, so that a port that is not in use yet is not chosen twice
	free        func(protocol string, port int) bool
}

func newHostPorts() *hostPorts {
	p := &hostPorts{first: firstDynamicPort, last: lastDynamicPort}
	var first, last int
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if n, scanErr := fmt.Sscan(string(text), &first, &last); err == nil && scanErr == nil && n == 2 && first <= last {
		p.first, p.last = first, last
	}
	p.next = p.first + rand.IntN(p.last-p.first+1) // another agent may use the same engine
	reserved := reservedByKernel()
	p.free = func(protocol string, port int) bool { return !reserved[port] && listens(protocol, port) }
	return p
}

// reservedByKernel returns the ports that the operator has set aside from the ephemeral ones
// (net.ipv4.ip_local_reserved_ports: "8080,9000-9100").
func reservedByKernel() map[int]bool {
	reserved := map[int]bool{}
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_reserved_ports")
	if err != nil {
		return reserved
	}
	for part := range strings.SplitSeq(strings.TrimSpace(string(text)), ",") {
		first, last, err := structs.ParsePortRange(part)
		for port := first; err == nil && port <= last; port++ {
			reserved[port] = true
		}
	}
	return reserved
}

// listens reports whether a port can be listened on, on all addresses of both families.
func listens(protocol string, port int) bool {
	for _, family := range []string{"4", "6"} {
		var listener io.Closer
		var err error
		if protocol == "udp" {
			listener, err = net.ListenPacket("udp"+family, ":"+strconv.Itoa(port))
		} else {
			listener, err = net.Listen("tcp"+family, ":"+strconv.Itoa(port))
		}
		if errors.Is(err, syscall.EADDRINUSE) {
			return false
		}
		if err == nil { // otherwise the machine lacks the family
			listener.Close()
		}
	}
	return true
}

// choose returns n free host ports in a row, as "40000" or "40000-40010".
func (p *hostPorts) choose(n int, protocol string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	inARow := 0
	for range p.last - p.first + n {
		if p.next > p.last {
			p.next, inARow = p.first, 0
		}
		port := p.next
		p.next++
		inARow++
		if !p.free(protocol, port) {
			inARow = 0
		}
		if inARow == n {
			if n == 1 {
				return strconv.Itoa(port), nil
			}
			return fmt.Sprintf("%d-%d", port-n+1, port), nil
		}
	}
	return "", fmt.Errorf("no %d free %s ports in a row between %d and %d, the machine's ephemeral ports", n, protocol, p.first, p.last)
}
