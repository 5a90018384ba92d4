package dns

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/gantry-project/gantry/structs"
)

// brief shows what a client acts on: the code, and records without their names.
func brief(r *dns.Msg) string {
	short := func(list []dns.RR) (out []string) {
		for _, rr := range list {
			if rr.Header().Rrtype != dns.TypeOPT {
				out = append(out, dns.TypeToString[rr.Header().Rrtype]+" "+strings.TrimPrefix(rr.String(), rr.Header().String()))
			}
		}
		slices.Sort(out)
		return out
	}
	return fmt.Sprintf("%s %v %v %v", dns.RcodeToString[r.Rcode], short(r.Answer), short(r.Ns), short(r.Extra))
}

func TestAnswers(t *testing.T) {
	const soa = "SOA ns.gantry. hostmaster.gantry. 7 60 10 600 1"
	empty := structs.TrafficName{Name: "empty.default.gantry", TTL: 1}
	six := structs.TrafficName{Name: "six.default.gantry", TTL: 1, Addresses: []structs.NameAddress{{Address: "fd00::1"}}}
	zone := structs.TrafficName{Name: "internal", Zone: true}
	alias := structs.TrafficName{Name: "alias.internal", TTL: 30, CNAME: "web.default.gantry"}
	_, at := serve(t, "", web(), empty, six, zone, alias)
	for _, c := range []struct {
		name string
		kind uint16
		want string
	}{
		{"web.default.gantry.", dns.TypeA, "NOERROR [A 10.0.0.1 A 10.0.0.2] [] []"},
		{"wEb.DEFAULT.gantry.", dns.TypeA, "NOERROR [A 10.0.0.1 A 10.0.0.2] [] []"},
		{"web.default.gantry.", dns.TypeAAAA, "NOERROR [] [" + soa + "] []"},
		{"web.default.gantry.", dns.TypeTXT, "NOERROR [] [" + soa + "] []"},
		{"web.default.gantry.", dns.TypeSRV, "NOERROR [SRV 1 1 8080 aa.web.default.gantry. SRV 1 1 8081 bb.web.default.gantry.] [] [A 10.0.0.1 A 10.0.0.2]"},
		{"bb.web.default.gantry.", dns.TypeA, "NOERROR [A 10.0.0.2] [] []"},
		{"bb.web.default.gantry.", dns.TypeAAAA, "NOERROR [] [" + soa + "] []"},
		{"cc.web.default.gantry.", dns.TypeA, "NXDOMAIN [] [" + soa + "] []"},
		{"six.default.gantry.", dns.TypeAAAA, "NOERROR [AAAA fd00::1] [] []"},
		{"six.default.gantry.", dns.TypeA, "NOERROR [] [" + soa + "] []"},
		{"empty.default.gantry.", dns.TypeA, "NOERROR [] [" + soa + "] []"},
		{"none.default.gantry.", dns.TypeA, "NXDOMAIN [] [" + soa + "] []"},
		{"default.gantry.", dns.TypeA, "NOERROR [] [" + soa + "] []"}, // it has names below it
		{"gantry.", dns.TypeA, "NOERROR [] [" + soa + "] []"},
		{"other.internal.", dns.TypeA, "NXDOMAIN [] [SOA ns.internal. hostmaster.internal. 7 60 10 600 1] []"},
		{"alias.internal.", dns.TypeA, "NOERROR [A 10.0.0.1 A 10.0.0.2 CNAME web.default.gantry.] [] []"},
		{"2.0.0.10.in-addr.arpa.", dns.TypePTR, "NOERROR [PTR bb.web.default.gantry.] [] []"},
		{"example.org.", dns.TypeA, "SERVFAIL [] [] []"}, // there is no resolver
	} {
		for _, network := range []string{"udp", "tcp"} {
			for _, size := range []uint16{0, 1232} {
				r := lookup(t, network, at, c.name, c.kind, size)
				if got := brief(r); got != c.want {
					t.Errorf("%s %s by %s: %s, want %s", c.name, dns.TypeToString[c.kind], network, got, c.want)
				}
				if (r.IsEdns0() != nil) != (size > 0) && r.Rcode != dns.RcodeServerFailure {
					t.Errorf("%s: EDNS in the answer without one in the query, or the reverse", c.name)
				}
				if r.Question[0].Name != c.name {
					t.Errorf("asked for %s, the answer is about %s", c.name, r.Question[0].Name)
				}
			}
		}
	}
}

// From 26 addresses on glibc repeats the whole lookup, and each task is in answers alike.
func TestManyAddresses(t *testing.T) {
	name := structs.TrafficName{Name: "many.default.gantry", TTL: 3}
	for n := range 60 {
		name.Addresses = append(name.Addresses, structs.NameAddress{Address: fmt.Sprintf("10.0.1.%d", n), Port: 80, Task: fmt.Sprintf("%032d", n)})
	}
	_, at := serve(t, "", name)
	first, seen := map[string]int{}, map[string]int{}
	for range 60 {
		r := lookup(t, "udp", at, "many.default.gantry.", dns.TypeA, 0)
		if len(r.Answer) != MaxAddresses || r.Truncated {
			t.Fatalf("%d addresses, truncated: %v", len(r.Answer), r.Truncated)
		}
		first[r.Answer[0].String()]++
		for _, rr := range r.Answer {
			if rr.Header().Ttl != 3 {
				t.Fatal("TTL", rr)
			}
			seen[rr.String()]++
		}
	}
	if len(first) != 60 || len(seen) != 60 {
		t.Errorf("of 60 addresses %d came first and %d at all in 60 answers", len(first), len(seen))
	}
	// SRV records are larger: they do not fit into a packet, and all come by TCP
	if r := lookup(t, "udp", at, "many.default.gantry.", dns.TypeSRV, 0); !r.Truncated {
		t.Error("a large answer by UDP is not marked as truncated")
	}
	if r := lookup(t, "tcp", at, "many.default.gantry.", dns.TypeSRV, 0); len(r.Answer) != MaxAddresses || len(r.Extra) != MaxAddresses {
		t.Errorf("by TCP %d records and %d addresses", len(r.Answer), len(r.Extra))
	}
}

// Frames change what they name, and nothing else.
func TestFrames(t *testing.T) {
	s, at := serve(t, "", web())
	ask := func(name string) string { return brief(lookup(t, "udp", at, name, dns.TypeA, 0)) }
	one := web()
	one.Addresses = one.Addresses[:1]
	s.Apply(structs.TrafficFrame{Names: []structs.TrafficName{one, {Name: "db.edge.gantry", Addresses: []structs.NameAddress{{Address: "10.0.0.9"}}}}})
	if got := ask("web.default.gantry.") + ask("db.edge.gantry."); got != "NOERROR [A 10.0.0.1] [] []NOERROR [A 10.0.0.9] [] []" {
		t.Error(got)
	}
	s.Apply(structs.TrafficFrame{GoneNames: []string{"db.edge.gantry"}})
	if got := ask("edge.gantry."); !strings.HasPrefix(got, "NXDOMAIN") {
		t.Error("edge.gantry has no name below it any more:", got)
	}
	s.Apply(structs.TrafficFrame{Full: true})
	if got := ask("web.default.gantry."); !strings.HasPrefix(got, "NXDOMAIN") {
		t.Error("a full frame does not have the name:", got)
	}
	if got := brief(lookup(t, "udp", at, "2.0.0.10.in-addr.arpa.", dns.TypePTR, 0)); strings.Contains(got, "PTR bb") {
		t.Error("a name of an address is left:", got)
	}
}
