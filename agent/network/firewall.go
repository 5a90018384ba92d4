package network

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/xt"
)

// The machine's firewall sees what tasks exchange with the outside, and nothing else of theirs.

// dockerUser is the chain that Docker leaves to others, ahead of its own rules.
const dockerUser = "DOCKER-USER"

// firewall makes the machine's rules what they should be: packets of tasks to the outside get the
// machine's address, in a table of our own; and where Docker filters what is forwarded, it lets
// these packets through, with two rules in the chain that is meant for that.
func (r *router) firewall(all netip.Prefix) error {
	conn, err := nftables.New(nftables.WithNetNSFd(int(r.machine.ns)))
	if err != nil {
		return err
	}
	if err := r.masquerade(conn, all); err != nil {
		return fmt.Errorf("give tasks the machine's address outside: %w", err)
	}
	if err := r.passDocker(conn); err != nil {
		return fmt.Errorf("let tasks' packets through chain %s: %w", dockerUser, err)
	}
	return nil
}

// masquerade makes our table, unless it is there for that range.
func (r *router) masquerade(conn *nftables.Conn, all netip.Prefix) error {
	table := &nftables.Table{Name: linkName(r.tag), Family: nftables.TableFamilyIPv4}
	chain := &nftables.Chain{
		Name: "outside", Table: table, Type: nftables.ChainTypeNAT,
		Hooknum: nftables.ChainHookPostrouting, Priority: nftables.ChainPriorityNATSource,
	}
	mark := []byte(all.String())
	if rules, err := conn.GetRules(table, chain); err == nil && len(rules) == 1 && bytes.Equal(rules[0].UserData, mark) {
		return nil
	}
	conn.AddTable(table) // so that there is one to delete
	conn.DelTable(table)
	conn.AddTable(table)
	conn.AddChain(chain)
	rule := slices.Concat(bySource(all), byDestination(all, expr.CmpOpNeq), byLink(expr.MetaKeyOIFNAME, linkName(r.tag), expr.CmpOpNeq))
	conn.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: append(rule, &expr.Masq{}), UserData: mark})
	return conn.Flush()
}

// passDocker adds our two rules to Docker's chain, if there is one and they are not there: what
// comes from tasks may pass, and what answers it. Where tasks elsewhere are reached without a
// tunnel, what they begin may pass as well.
func (r *router) passDocker(conn *nftables.Conn) error {
	chain, rules, err := dockerChain(conn)
	if err != nil || chain == nil {
		return err
	}
	link := linkName(r.tag)
	from := byLink(expr.MetaKeyIIFNAME, link, expr.CmpOpEq)
	to := byLink(expr.MetaKeyOIFNAME, link, expr.CmpOpEq)
	if !r.plain {
		to = append(to, answers())
	}
	for _, match := range [][]expr.Any{from, to} {
		if !hasRule(rules, match) {
			conn.InsertRule(&nftables.Rule{
				Table: chain.Table, Chain: chain, Exprs: append(match, &expr.Counter{}, &expr.Verdict{Kind: expr.VerdictAccept}),
			})
		}
	}
	return conn.Flush()
}

// dockerChain returns Docker's chain for others with its rules; nil if there is none.
func dockerChain(conn *nftables.Conn) (*nftables.Chain, []*nftables.Rule, error) {
	chains, err := conn.ListChainsOfTableFamily(nftables.TableFamilyIPv4)
	if err != nil {
		return nil, nil, err
	}
	at := slices.IndexFunc(chains, func(c *nftables.Chain) bool { return c.Name == dockerUser && c.Table.Name == "filter" })
	if at < 0 {
		return nil, nil, nil
	}
	rules, err := conn.GetRules(chains[at].Table, chains[at])
	return chains[at], rules, err
}

// dropFirewall removes the rules of a tag.
func dropFirewall(machine *space, tag string) error {
	conn, err := nftables.New(nftables.WithNetNSFd(int(machine.ns)))
	if err != nil {
		return err
	}
	table := &nftables.Table{Name: linkName(tag), Family: nftables.TableFamilyIPv4}
	conn.AddTable(table)
	conn.DelTable(table)
	chain, rules, err := dockerChain(conn)
	if err != nil {
		return err
	}
	for _, rule := range rules {
		if names(rule, linkName(tag)) {
			if err := conn.DelRule(&nftables.Rule{Table: chain.Table, Chain: chain, Handle: rule.Handle}); err != nil {
				return err
			}
		}
	}
	return conn.Flush()
}

// names reports whether a rule is about a link.
func names(rule *nftables.Rule, link string) bool {
	for _, e := range rule.Exprs {
		if cmp, ok := e.(*expr.Cmp); ok && bytes.Equal(cmp.Data, linkData(link)) {
			return true
		}
	}
	return false
}

// hasRule reports whether one of the rules is about the same link in the same direction.
func hasRule(rules []*nftables.Rule, match []expr.Any) bool {
	key, link := match[0].(*expr.Meta).Key, match[1].(*expr.Cmp).Data
	for _, rule := range rules {
		if len(rule.Exprs) < 2 {
			continue
		}
		meta, isMeta := rule.Exprs[0].(*expr.Meta)
		cmp, isCmp := rule.Exprs[1].(*expr.Cmp)
		if isMeta && isCmp && meta.Key == key && bytes.Equal(cmp.Data, link) {
			return true
		}
	}
	return false
}

// The parts of rules: each loads something into a register and compares it.

func byLink(key expr.MetaKey, name string, op expr.CmpOp) []expr.Any {
	return []expr.Any{&expr.Meta{Key: key, Register: 1}, &expr.Cmp{Op: op, Register: 1, Data: linkData(name)}}
}

// linkData returns the name with the zero that ends it, so that longer names differ.
func linkData(name string) []byte { return append([]byte(name), 0) }

func bySource(p netip.Prefix) []expr.Any { return byAddress(12, p, expr.CmpOpEq) }

func byDestination(p netip.Prefix, op expr.CmpOp) []expr.Any { return byAddress(16, p, op) }

func byAddress(offset uint32, p netip.Prefix, op expr.CmpOp) []expr.Any {
	return []expr.Any{
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: 4},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 4, Mask: ipNet(p).Mask, Xor: make([]byte, 4)},
		&expr.Cmp{Op: op, Register: 1, Data: ipNet(p).IP.To4()},
	}
}

// answers matches packets of connections that the other side began. It is iptables' own match, so
// that iptables can show the rule.
func answers() expr.Any {
	const established, related = 1 << 1, 1 << 2 // XT_CONNTRACK_STATE_BIT of either
	info := xt.ConntrackMtinfo3{}
	info.MatchFlags = uint16(xt.ConntrackState)
	info.StateMask = established | related
	return &expr.Match{Name: "conntrack", Rev: 3, Info: &info}
}
