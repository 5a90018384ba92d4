package dns

import (
	"cmp"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/gantry-project/gantry/structs"
)

// respond returns the answer to a query about a name of ours, or nil if it is not about one. more
// is a name outside that the answer leads to, whose records belong to it as well; empty if there is
// none.
func (t *table) respond(m *dns.Msg) (r *dns.Msg, more string) {
	q := m.Question[0]
	t.mu.RLock()
	defer t.mu.RUnlock()
	r = new(dns.Msg).SetReply(m)
	r.Authoritative, r.RecursionAvailable, r.Compress = true, true, true
	if q.Qtype == dns.TypePTR {
		if r.Answer = t.pointers(q.Name); r.Answer != nil {
			return r, ""
		}
	}
	name := strings.ToLower(q.Name)
	key, ok := wire(name)
	if !ok {
		return nil, ""
	}
	e := t.names[key]
	if e == nil && t.zoneOf([]byte(key)) < 0 {
		return nil, ""
	}
	switch {
	case e != nil && e.CNAME != "":
		r.Answer = append(r.Answer, &dns.CNAME{Hdr: header(q.Name, dns.TypeCNAME, e.TTL), Target: dns.Fqdn(e.CNAME)})
		if q.Qtype == dns.TypeCNAME {
			return r, ""
		}
		to, _ := wire(e.CNAME)
		if t.names[to] == nil {
			return r, dns.Fqdn(e.CNAME)
		}
		t.fill(r, t.names[to], dns.Fqdn(e.CNAME), q.Qtype)
	case e != nil:
		t.fill(r, e, q.Name, q.Qtype)
	case t.inner[key] > 0:
	default:
		if !t.fillTask(r, key, q) {
			r.Rcode = dns.RcodeNameError
		}
	}
	if len(r.Answer) == 0 {
		r.Ns = []dns.RR{t.authority(key)}
	}
	return r, ""
}

// fill adds the records of a type that a name has.
func (t *table) fill(r *dns.Msg, e *entry, name string, kind uint16) {
	for _, n := range rand.Perm(len(e.Addresses)) {
		if len(r.Answer) >= MaxAddresses {
			return
		}
		a := e.Addresses[n]
		if kind != dns.TypeSRV {
			if rr := addressRecord(name, a, e.TTL, kind); rr != nil {
				r.Answer = append(r.Answer, rr)
			}
			continue
		}
		if a.Port == 0 {
			continue
		}
		target := dns.Fqdn(label(a) + "." + e.Name)
		r.Answer = append(r.Answer, &dns.SRV{Hdr: header(name, kind, e.TTL), Priority: 1, Weight: 1, Port: uint16(a.Port), Target: target})
		for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
			if rr := addressRecord(target, a, e.TTL, kind); rr != nil && !slices.ContainsFunc(r.Extra, func(x dns.RR) bool { return x.String() == rr.String() }) {
				r.Extra = append(r.Extra, rr)
			}
		}
	}
}

// fillTask adds the records of one holder of a name, and reports whether there is such a one.
func (t *table) fillTask(r *dns.Msg, key string, q dns.Question) bool {
	e := t.names[parent(key)]
	if e == nil {
		return false
	}
	found := false
	for _, a := range e.Addresses {
		if !strings.EqualFold(label(a), key[1:1+int(key[0])]) {
			continue
		}
		rr := addressRecord(q.Name, a, e.TTL, q.Qtype)
		if rr != nil && (!found || rr.String() != r.Answer[0].String()) {
			r.Answer = append(r.Answer, rr)
		}
		found = true
	}
	return found
}

// pointers returns the names of a task's address.
func (t *table) pointers(reverse string) (list []dns.RR) {
	for h := range t.holders[reversed(reverse)] {
		list = append(list, &dns.PTR{Hdr: header(reverse, dns.TypePTR, ttlNothing), Ptr: dns.Fqdn(h.task + "." + h.name)})
		if len(list) == MaxAddresses {
			break
		}
	}
	return list
}

// reversed returns the address that a name of in-addr.arpa stands for.
func reversed(name string) netip.Addr {
	digits, ok := strings.CutSuffix(strings.ToLower(name), ".in-addr.arpa.")
	parts := strings.Split(digits, ".")
	slices.Reverse(parts)
	a, err := netip.ParseAddr(strings.Join(parts, "."))
	if !ok || err != nil {
		return netip.Addr{}
	}
	return a
}

// authority returns the SOA of the zone of a name.
func (t *table) authority(key string) dns.RR {
	zone := key[max(t.zoneOf([]byte(key)), 0):]
	name, _, _ := dns.UnpackDomainName([]byte(zone), 0) // it was a name before
	return &dns.SOA{
		Hdr: header(name, dns.TypeSOA, ttlNothing), Ns: "ns." + name, Mbox: "hostmaster." + name,
		Serial: t.serial, Refresh: 60, Retry: 10, Expire: 600, Minttl: ttlNothing,
	}
}

// label is the first label of the name of one holder: its task, or its address if it is no task.
func label(a structs.NameAddress) string {
	return cmp.Or(a.Task, strings.NewReplacer(".", "-", ":", "-").Replace(a.Address))
}

func addressRecord(name string, a structs.NameAddress, ttl uint32, kind uint16) dns.RR {
	at, err := netip.ParseAddr(a.Address)
	switch {
	case err != nil:
	case at.Is4() && kind == dns.TypeA:
		return &dns.A{Hdr: header(name, kind, ttl), A: at.AsSlice()}
	case at.Is6() && kind == dns.TypeAAAA:
		return &dns.AAAA{Hdr: header(name, kind, ttl), AAAA: at.AsSlice()}
	}
	return nil
}

func header(name string, kind uint16, ttl uint32) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET, Ttl: ttl}
}
