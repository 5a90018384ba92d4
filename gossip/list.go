package gossip

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/hashicorp/serf/serf"

	"github.com/gantry-project/gantry/structs"
)

// watch turns serf's events into nudges, and keeps the list of servers. There is no event when a
// goodbye turns out not to be one, so a server looks at everyone now and then.
func (m *Member) watch() {
	var look <-chan time.Time
	if m.self.Role == structs.RoleServer {
		tick := time.NewTicker(serverLook)
		defer tick.Stop()
		look = tick.C
	}
	for {
		select {
		case <-look:
			m.note(serf.MemberEvent{Type: serf.EventMemberUpdate, Members: m.serf.Members()})
		case event := <-m.events:
			if of, ok := event.(serf.MemberEvent); ok {
				m.note(of)
			}
			select {
			case m.changes <- struct{}{}:
			default: // a nudge is waiting already
			}
		case <-m.serf.ShutdownCh():
			return
		}
	}
}

// sync exchanges all that a server knows with the other servers, one at a time.
func (m *Member) sync() {
	tick := time.NewTicker(serverSync)
	defer tick.Stop()
	for {
		select {
		case <-m.serf.ShutdownCh():
			return
		case <-tick.C:
		}
		others := slices.DeleteFunc(m.Servers(), func(s structs.Member) bool {
			return s.ID == m.self.ID || s.Status != structs.MemberAlive && s.Status != structs.MemberFailed
		})
		if len(others) == 0 {
			continue
		}
		other := others[rand.IntN(len(others))]
		// A server that does not answer is tried again; the library has logged it.
		_, _ = m.serf.Memberlist().Join([]string{other.ID + "/" + other.Address})
	}
}

// note keeps the list of servers. They are few among many members, and often asked for.
func (m *Member) note(event serf.MemberEvent) {
	m.acquainted.note(event)
	m.listed.Lock()
	defer m.listed.Unlock()
	for _, of := range event.Members {
		switch {
		case of.Tags[tagRole] != structs.RoleServer:
		case event.Type == serf.EventMemberReap:
			delete(m.servers, of.Name)
		default:
			m.servers[of.Name] = member(&of)
		}
	}
}

// Members returns all known members, with those that failed or left: servers first, each by name.
// On a server that is everyone.
func (m *Member) Members() []structs.Member {
	var list []structs.Member
	for _, s := range m.serf.Members() {
		list = append(list, member(&s))
	}
	return sorted(list)
}

func sorted(list []structs.Member) []structs.Member {
	slices.SortFunc(list, func(a, b structs.Member) int {
		return cmp.Or(-cmp.Compare(a.Role, b.Role), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// Servers returns the servers among the members, without looking at all members.
func (m *Member) Servers() []structs.Member {
	m.listed.Lock()
	defer m.listed.Unlock()
	return sorted(slices.Collect(maps.Values(m.servers)))
}

// Server returns a server by its id.
func (m *Member) Server(id string) (structs.Member, bool) {
	m.listed.Lock()
	defer m.listed.Unlock()
	s, ok := m.servers[id]
	return s, ok
}

// The tags of a member. They travel with every change, so their names are short.
const (
	tagName, tagRole, tagZone, tagRegion, tagVersion = "name", "role", "zone", "region", "v"
	tagHTTP, tagRaft, tagExpect, tagCluster          = "http", "raft", "expect", "cluster"
)

func tags(m *structs.Member) map[string]string {
	all := map[string]string{
		tagName: m.Name, tagRole: m.Role, tagZone: m.Zone, tagRegion: m.Region, tagVersion: m.Version,
		tagHTTP: m.HTTP, tagRaft: m.Raft, tagCluster: m.Cluster,
	}
	if m.Expect > 0 {
		all[tagExpect] = strconv.Itoa(m.Expect)
	}
	for name, value := range all {
		if value == "" {
			delete(all, name)
		}
	}
	return all
}

func member(s *serf.Member) structs.Member {
	expect, _ := strconv.Atoi(s.Tags[tagExpect])
	return structs.Member{
		ID: s.Name, Name: s.Tags[tagName], Role: s.Tags[tagRole], Status: s.Status.String(),
		Zone: s.Tags[tagZone], Region: s.Tags[tagRegion], Version: s.Tags[tagVersion],
		Address: net.JoinHostPort(s.Addr.String(), strconv.Itoa(int(s.Port))),
		HTTP:    s.Tags[tagHTTP], Raft: s.Tags[tagRaft], Expect: expect, Cluster: s.Tags[tagCluster],
	}
}
