package network

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
)

// The rules of security groups are in the router, which all packets to tasks pass: one chain for
// each task that has any, named as its link, and one rule that leads there.

const guardTable = "gantry"

func guardBase(table *nftables.Table) *nftables.Chain {
	return &nftables.Chain{
		Name: "tasks", Table: table, Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookForward, Priority: nftables.ChainPriorityFilter,
	}
}

// guard lets only what is allowed come to the address of a task; with open anything may. Rules of a
// task that had the address before go.
func (r *router) guard(task string, a netip.Addr, list []Allow, open bool, all netip.Prefix) error {
	conn, err := nftables.New(nftables.WithNetNSFd(int(r.inside.ns)))
	if err != nil {
		return err
	}
	table := &nftables.Table{Name: guardTable, Family: nftables.TableFamilyIPv4}
	base := guardBase(table)
	rules, err := guardRules(conn, base)
	if err != nil || open && len(rules) == 0 {
		return err
	}
	conn.AddTable(table)
	conn.AddChain(base)
	if len(rules) == 0 {
		conn.AddRule(&nftables.Rule{Table: table, Chain: base, Exprs: []expr.Any{answers(), &expr.Verdict{Kind: expr.VerdictAccept}}})
	}
	leads := byDestination(netip.PrefixFrom(a, 32), expr.CmpOpEq)
	for _, rule := range rules {
		if name := string(rule.UserData); name == linkOf(task) || isTo(rule, a) {
			if err := dropGuard(conn, rule); err != nil {
				return err
			}
		}
	}
	if !open {
		chain := conn.AddChain(&nftables.Chain{Name: linkOf(task), Table: table})
		for _, allow := range list {
			conn.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: append(allow.match(all), &expr.Verdict{Kind: expr.VerdictAccept})})
		}
		conn.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{&expr.Verdict{Kind: expr.VerdictDrop}}})
		conn.AddRule(&nftables.Rule{
			Table: table, Chain: base, UserData: []byte(chain.Name),
			Exprs: append(leads, &expr.Verdict{Kind: expr.VerdictJump, Chain: chain.Name}),
		})
	}
	if err := conn.Flush(); err != nil {
		return fmt.Errorf("set the rules of its security groups: %w", err)
	}
	return nil
}

// guardRules returns the rules that are there: none without our table.
func guardRules(conn *nftables.Conn, base *nftables.Chain) ([]*nftables.Rule, error) {
	chains, err := conn.ListChainsOfTableFamily(nftables.TableFamilyIPv4)
	if err != nil || !slices.ContainsFunc(chains, func(c *nftables.Chain) bool { return c.Name == base.Name && c.Table.Name == guardTable }) {
		return nil, err
	}
	return conn.GetRules(base.Table, base)
}

// dropGuard removes the rule that leads to a task's chain, and the chain.
func dropGuard(conn *nftables.Conn, rule *nftables.Rule) error {
	if err := conn.DelRule(rule); err != nil {
		return err
	}
	chain := &nftables.Chain{Name: string(rule.UserData), Table: rule.Table}
	conn.FlushChain(chain)
	conn.DelChain(chain)
	return nil
}

// dropGuards removes the rules of tasks whose links are not there.
func (r *router) dropGuards(links map[string]bool) error {
	conn, err := nftables.New(nftables.WithNetNSFd(int(r.inside.ns)))
	if err != nil {
		return err
	}
	rules, err := guardRules(conn, guardBase(&nftables.Table{Name: guardTable, Family: nftables.TableFamilyIPv4}))
	if err != nil {
		return err
	}
	for _, rule := range rules {
		if name := string(rule.UserData); name != "" && !links[name] {
			if err := dropGuard(conn, rule); err != nil {
				return err
			}
		}
	}
	return conn.Flush()
}

// isTo reports whether a rule is about an address.
func isTo(rule *nftables.Rule, a netip.Addr) bool {
	return slices.ContainsFunc(rule.Exprs, func(e expr.Any) bool {
		cmp, ok := e.(*expr.Cmp)
		return ok && slices.Equal(cmp.Data, a.AsSlice())
	})
}

// match returns what a packet must have.
func (a Allow) match(all netip.Prefix) []expr.Any {
	from := a.From
	if !from.IsValid() {
		from = all
	}
	list := bySource(from)
	if a.Protocol != 0 {
		list = append(list, &expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1}, &expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: []byte{a.Protocol}})
	}
	if a.LastPort != 0 {
		list = append(list,
			&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2},
			&expr.Range{Op: expr.CmpOpEq, Register: 1, FromData: port(a.FirstPort), ToData: port(a.LastPort)})
	}
	return list
}

func port(n uint16) []byte { return binary.BigEndian.AppendUint16(nil, n) }
