// Package hosts makes several hosts out of one machine, for tests of real processes on a real
// network.
//
// A host is a network namespace with its own address; a host that runs an agent also has its own
// Docker Engine. A switch, in a namespace as well, joins the hosts. So what the machine's own
// engine does to its network does not matter, and the machine sees nothing of the hosts but one
// link.
//
// It needs root, the tools ip, tc, iptables, nsenter, mkfs.ext4 and dockerd, and loop devices.
//
//	network.go  the switch, and the link to it
//	host.go     a host and what runs in it
//	faults.go   what can happen to a host's link
//	disk.go     the disk of a server, which can hang
//	engine.go   its Docker Engine
//	clean.go    what an earlier run left, which was killed
//	cluster.go  servers and agents on hosts, secured
//	calls.go    how they are called; service.go: which tasks of a service run
package hosts

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	// Require is the environment variable that, set to 1, makes tests fail instead of skip where
	// hosts cannot be made.
	Require = "GANTRY_REQUIRE_HOSTS"

	// prefix begins the names of our namespaces and control groups, and of nobody else's.
	prefix = "gantry-test-"
	// root holds everything that hosts have on disk.
	root = "/var/tmp/gantry-test-hosts"
	// space is the namespace of the switch, uplink the machine's link to it.
	space  = prefix + "switch"
	uplink = "gantry-test0"
	// subnet is part of a range that is reserved for measurements of networks, so no machine uses
	// it.
	subnet = "198.18.77."
)

// Network is the switch and the hosts on it. There is one on a machine at a time.
type Network struct {
	lock  *os.File
	hosts []*Host
}

// Missing returns what this machine lacks for hosts; nil if nothing.
func Missing() error {
	if os.Geteuid() != 0 {
		return errors.New("making hosts needs root")
	}
	for _, tool := range []string{"ip", "tc", "iptables", "nsenter", "unshare", "dockerd", "docker", "mkfs.ext4"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("making hosts needs %s: %w", tool, err)
		}
	}
	if _, err := os.Stat("/dev/loop-control"); err != nil {
		return fmt.Errorf("making disks of hosts needs loop devices: %w", err)
	}
	return run("unshare", "--net", "true")
}

// Open makes the switch. It waits while another process has one, and removes what a killed process
// left.
func Open() (*Network, error) {
	lock, err := os.OpenFile(root+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", lock.Name(), err), lock.Close())
	}
	n := &Network{lock: lock}
	if err := n.open(); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

func (n *Network) open() error {
	if err := clean(); err != nil {
		return fmt.Errorf("remove what an earlier run left: %w", err)
	}
	if err := os.MkdirAll(root, 0o700); err != nil {
		return err
	}
	for _, command := range []string{
		"ip netns add " + space,
		"ip -n " + space + " link add bridge type bridge",
		"ip -n " + space + " link set bridge up",
		"ip link add " + uplink + " type veth peer name uplink netns " + space,
		"ip -n " + space + " link set uplink master bridge up",
		"ip addr add " + subnet + "1/24 dev " + uplink,
		"ip link set " + uplink + " up",
	} {
		if err := run(strings.Fields(command)...); err != nil {
			return err
		}
	}
	return nil
}

// Add joins a new host to the switch. The name is short, as a network link's must be; number
// determines its address.
func (n *Network) Add(name string, number int) (*Host, error) {
	h := &Host{Name: name, Address: fmt.Sprint(subnet, number), Dir: filepath.Join(root, name), space: prefix + name}
	if err := os.Mkdir(h.Dir, 0o700); err != nil {
		return nil, err
	}
	for _, command := range []string{
		"ip netns add " + h.space,
		"ip link add eth0 netns " + h.space + " type veth peer name " + name + " netns " + space,
		"ip -n " + space + " link set " + name + " master bridge up",
		"ip -n " + h.space + " addr add " + h.Address + "/24 dev eth0",
		"ip -n " + h.space + " link set eth0 up",
		"ip -n " + h.space + " link set lo up",
	} {
		if err := run(strings.Fields(command)...); err != nil {
			return nil, err
		}
	}
	n.hosts = append(n.hosts, h)
	return h, nil
}

// Close removes the hosts and everything that runs on them.
func (n *Network) Close() error {
	for _, h := range n.hosts {
		h.closeEngine()
	}
	return errors.Join(clean(), n.lock.Close())
}

// run runs a command; the error includes what it printed.
func run(command ...string) error {
	out, err := exec.Command(command[0], command[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
