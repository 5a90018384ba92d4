package network

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Groups are the security groups that mean something on an instance: what may come to tasks in
// them, by id. A group without an entry allows everything.
type Groups map[string][]Allow

// Allow is one thing that may come to a task.
type Allow struct {
	Protocol uint8 // number of the IP protocol; zero: any
	// FirstPort and LastPort are the first and the last port; zero: any.
	FirstPort, LastPort uint16
	// From has the addresses that it may come from. The zero value is the cluster's: tasks and
	// instances.
	From netip.Prefix
}

// GroupsFile is the form of a file of groups, for config.Decode.
type GroupsFile struct {
	Groups []struct {
		ID    string `hcl:"id,label"`
		Allow []struct {
			Protocol string   `hcl:"protocol,optional"`
			Ports    []string `hcl:"ports,optional"`
			From     []string `hcl:"from"`
		} `hcl:"allow,block"`
	} `hcl:"group,block"`
}

// fromCluster is the source that means all tasks and instances.
const fromCluster = "cluster"

// Parse returns the groups of a file.
func (f GroupsFile) Parse() (Groups, error) {
	groups := Groups{}
	for _, g := range f.Groups {
		if _, twice := groups[g.ID]; twice {
			return nil, fmt.Errorf("group %s is there twice", g.ID)
		}
		groups[g.ID] = []Allow{}
		for _, a := range g.Allow {
			list, err := allowed(a.Protocol, a.Ports, a.From)
			if err != nil {
				return nil, fmt.Errorf("group %s: %w", g.ID, err)
			}
			groups[g.ID] = append(groups[g.ID], list...)
		}
	}
	return groups, nil
}

// allowed returns every combination of ports and sources of one entry.
func allowed(protocol string, ports, sources []string) (list []Allow, err error) {
	numbers := map[string]uint8{"": 0, "all": 0, "icmp": 1, "tcp": 6, "udp": 17}
	number, ok := numbers[protocol]
	if !ok {
		return nil, fmt.Errorf("protocol %q is none of tcp, udp, icmp, all", protocol)
	}
	if len(ports) > 0 && number != 6 && number != 17 {
		return nil, errors.New("ports are for protocol tcp or udp")
	}
	if len(ports) == 0 {
		ports = []string{"0"}
	}
	for _, text := range ports {
		first, last, isRange := strings.Cut(text, "-")
		if !isRange {
			last = first
		}
		a, err := strconv.ParseUint(first, 10, 16)
		b, err2 := strconv.ParseUint(last, 10, 16)
		if err != nil || err2 != nil || a > b {
			return nil, fmt.Errorf("port %q is neither a port nor a range such as 8000-8010", text)
		}
		for _, source := range sources {
			from, err := sourceOf(source)
			if err != nil {
				return nil, err
			}
			list = append(list, Allow{number, uint16(a), uint16(b), from})
		}
	}
	return list, nil
}

func sourceOf(text string) (netip.Prefix, error) {
	if text == fromCluster {
		return netip.Prefix{}, nil
	}
	p, err := netip.ParsePrefix(text)
	switch {
	case strings.HasPrefix(text, "sg-"):
		return p, fmt.Errorf("source %s: groups as sources are not supported; use %q or a range of addresses", text, fromCluster)
	case err != nil || !p.Addr().Is4():
		return p, fmt.Errorf("source %q is neither %q nor a range of IPv4 addresses such as 10.0.0.0/8", text, fromCluster)
	}
	return p.Masked(), nil
}

// of returns what may come to a task in groups; open if anything may.
func (g Groups) of(ids []string) (list []Allow, open bool) {
	for _, id := range ids {
		allow, means := g[id]
		if !means {
			return nil, true
		}
		list = append(list, allow...)
	}
	return slices.Compact(list), len(ids) == 0
}
