package network

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// The containers of a task have the pause's /etc/hosts and /etc/resolv.conf, which its engine keeps
// on the machine and mounts there. They are written through the pause's process, wherever the
// engine keeps them.

// publicResolvers are what engines give to containers if the machine itself has only resolvers on
// its loopback device, which containers do not reach.
const publicResolvers = "nameserver 8.8.8.8\nnameserver 8.8.4.4\n"

// nameFiles writes the names and resolvers of a task.
func nameFiles(p runtime.Pause, def *structs.TaskDefinition, a netip.Addr, resolver func() (string, []string)) error {
	etc := fmt.Sprintf("/proc/%d/root/etc", p.PID)
	resolvers, err := os.ReadFile(filepath.Join(etc, "resolv.conf"))
	if err != nil {
		return err
	}
	if err := rewrite(filepath.Join(etc, "hosts"), hostsFile(p, def, a)); err != nil {
		return err
	}
	return rewrite(filepath.Join(etc, "resolv.conf"), resolvFile(string(resolvers), def, resolver))
}

// rewrite changes the content of a file that is mounted elsewhere as well.
func rewrite(path, content string) error {
	if is, err := os.ReadFile(path); err == nil && bytes.Equal(is, []byte(content)) {
		return nil
	}
	return os.WriteFile(path, []byte(content), 0o644)
}

// hostsFile returns the names that a task knows. Its own address has the name that EC2 derives from
// an address, and the host name, which was fixed when the pause was made.
func hostsFile(p runtime.Pause, def *structs.TaskDefinition, a netip.Addr) string {
	name := "ip-" + strings.ReplaceAll(a.String(), ".", "-")
	var b strings.Builder
	b.WriteString("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n")
	fmt.Fprintf(&b, "%s\t%s.ec2.internal %s %s\n", a, name, name, p.Hostname)
	for _, c := range def.ContainerDefinitions {
		for _, h := range c.ExtraHosts {
			fmt.Fprintf(&b, "%s\t%s\n", h.IpAddress, h.Hostname)
		}
	}
	return b.String()
}

// resolvFile returns the resolvers of a task: those that its definition names, or the agent's, or
// the machine's that can be reached from the task.
func resolvFile(machines string, def *structs.TaskDefinition, resolver func() (string, []string)) string {
	var servers, domains []string
	for _, c := range def.ContainerDefinitions {
		servers = append(servers, c.DnsServers...)
		domains = append(domains, c.DnsSearchDomains...)
	}
	if len(servers) == 0 && resolver != nil {
		if agents, search := resolver(); agents != "" {
			servers = []string{agents}
			if len(domains) == 0 {
				domains = search
			}
		}
	}
	var b strings.Builder
	reachable := len(servers) > 0
	for line := range strings.Lines(machines) {
		fields := strings.Fields(line)
		switch {
		case len(fields) < 2, strings.HasPrefix(fields[0], "#"):
		case fields[0] == "nameserver" && (len(servers) > 0 || onLoopback(fields[1])):
		case fields[0] == "search" && len(domains) > 0:
		default:
			reachable = reachable || fields[0] == "nameserver"
			b.WriteString(strings.Join(fields, " ") + "\n")
		}
	}
	for _, s := range servers {
		b.WriteString("nameserver " + s + "\n")
	}
	if !reachable {
		b.WriteString(publicResolvers)
	}
	if len(domains) > 0 {
		b.WriteString("search " + strings.Join(domains, " ") + "\n")
	}
	return b.String()
}

func onLoopback(server string) bool {
	a, err := netip.ParseAddr(server)
	return err == nil && a.IsLoopback()
}

// parameters returns the kernel parameters that a task's containers set for its network.
func parameters(def *structs.TaskDefinition) map[string]string {
	all := map[string]string{}
	for _, c := range def.ContainerDefinitions {
		for _, s := range c.SystemControls {
			if strings.HasPrefix(s.Namespace, "net.") {
				all[s.Namespace] = s.Value
			}
		}
	}
	return all
}
