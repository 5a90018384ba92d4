package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

func lbCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lb",
		Short: "Look at load balancers, where they send requests, and how that goes",
		Long: `Look at load balancers, where they send requests, and how that goes. They are made by gantry deploy, by
expose of a job file, and by the API of Elastic Load Balancing (aws elbv2).`,
	}
	cmd.AddCommand(lbListCommand(), lbInspectCommand(), lbTopCommand())
	return cmd
}

func lbListCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "ls", Short: "List load balancers and target groups", Args: cobra.NoArgs}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.LoadBalancerList, error) {
			return c.LoadBalancers(ctx)
		}, printBalancers)
	}
	return cmd
}

func lbInspectCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "inspect NAME",
		Short: "Show a load balancer with its rules, or a target group with its targets and why any is not healthy",
		Args:  cobra.ExactArgs(1),
		Example: `  gantry lb inspect gantry
  gantry lb inspect default-web-1a2b3c4d
  gantry lb inspect web                        # the target groups of the service web`,
	}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.LoadBalancerList, error) {
			list, err := c.LoadBalancers(ctx)
			if err != nil {
				return list, err
			}
			return onlyNamed(list, args[0])
		}, printDetails)
	}
	return cmd
}

// onlyNamed returns what a list has of a name: of a load balancer with all groups that it leads to,
// a target group, or a service.
func onlyNamed(list structs.LoadBalancerList, name string) (structs.LoadBalancerList, error) {
	out, leads := structs.LoadBalancerList{Index: list.Index}, map[string]bool{}
	for _, b := range list.LoadBalancers {
		if b.Name == name {
			out.LoadBalancers = append(out.LoadBalancers, b)
			groupsOf(&b, leads)
		}
	}
	for _, g := range list.TargetGroups {
		if g.Name == name || leads[g.ID] || servesFor(&g, name) {
			out.TargetGroups = append(out.TargetGroups, g)
		}
	}
	if len(out.LoadBalancers)+len(out.TargetGroups) == 0 {
		return out, fmt.Errorf("there is no load balancer, target group or balanced service %s; \"gantry lb ls\" lists them", name)
	}
	return out, nil
}

// servesFor reports whether a target group is a service's.
func servesFor(g *structs.TargetGroupView, service string) bool {
	for _, t := range g.Targets {
		if t.Service == service {
			return true
		}
	}
	return strings.HasSuffix(g.Owner, "/"+service)
}

func groupsOf(b *structs.LoadBalancerView, into map[string]bool) {
	add := func(actions []structs.RuleAction) {
		for _, a := range actions {
			if a.Forward != nil {
				for _, g := range a.Forward.Groups {
					into[g.TargetGroup] = true
				}
			}
		}
	}
	for _, l := range b.Listeners {
		add(l.DefaultActions)
		for _, r := range l.Rules {
			add(r.Actions)
		}
	}
}

func printBalancers(w io.Writer, list structs.LoadBalancerList) {
	if len(list.LoadBalancers) == 0 {
		fmt.Fprintln(w, "There are no load balancers yet; \"gantry deploy IMAGE\" makes one.")
		return
	}
	var rows [][]string
	for _, b := range list.LoadBalancers {
		for _, l := range b.Listeners {
			rows = append(rows, []string{b.Name, b.Type, l.Protocol, strconv.Itoa(int(l.Port)), strconv.Itoa(len(l.Rules)), actionText(list, l.DefaultActions)})
		}
		if len(b.Listeners) == 0 {
			rows = append(rows, []string{b.Name, b.Type, "-", "-", "-", "no listener"})
		}
	}
	table(w, []string{"LOAD BALANCER", "TYPE", "PROTOCOL", "PORT", "RULES", "OTHERWISE"}, rows)
	rows = nil
	for _, g := range list.TargetGroups {
		healthy := 0
		for _, t := range g.Targets {
			if t.State == structs.TargetHealthy {
				healthy++
			}
		}
		rows = append(rows, []string{g.Name, g.Protocol, fmt.Sprintf("%d/%d", healthy, len(g.Targets)), firstTrouble(&g)})
	}
	if len(rows) > 0 {
		fmt.Fprintln(w)
		table(w, []string{"TARGET GROUP", "PROTOCOL", "HEALTHY", "TROUBLE"}, rows)
	}
}

// firstTrouble returns why the first unhealthy target of a group is that.
func firstTrouble(g *structs.TargetGroupView) string {
	for _, t := range g.Targets {
		if t.State == structs.TargetUnhealthy {
			return t.Why
		}
	}
	return "-"
}

func printDetails(w io.Writer, list structs.LoadBalancerList) {
	for _, b := range list.LoadBalancers {
		fmt.Fprintf(w, "Load balancer %s (%s, %s)\n", b.Name, b.Type, b.ID)
		for _, l := range b.Listeners {
			fmt.Fprintf(w, "\n%s port %d\n", l.Protocol, l.Port)
			var rows [][]string
			for _, r := range l.Rules {
				rows = append(rows, []string{"  " + strconv.Itoa(r.Priority), conditionText(r.Conditions), actionText(list, r.Actions)})
			}
			table(w, nil, append(rows, []string{"  -", "otherwise", actionText(list, l.DefaultActions)}))
		}
		fmt.Fprintln(w)
	}
	for _, g := range list.TargetGroups {
		fmt.Fprintf(w, "Target group %s (%s; checks %s %s every %d s)\n", g.Name, g.Protocol, g.Check.Protocol, g.Check.Path, g.Check.Interval)
		var rows [][]string
		for _, t := range g.Targets {
			what := t.Task
			if what == "" {
				what = t.Target
			} else {
				what = t.Service + " " + what[:min(8, len(what))]
			}
			rows = append(rows, []string{"  " + what, t.Address + ":" + strconv.Itoa(int(t.Port)), t.State, since(t.Since), t.Why})
		}
		if len(rows) == 0 {
			rows = [][]string{{"  no targets"}}
		} else {
			rows = append([][]string{{"  TARGET", "ADDRESS", "STATE", "SINCE", "WHY"}}, rows...)
		}
		table(w, nil, rows)
		fmt.Fprintln(w)
	}
}

func conditionText(conditions []structs.RuleCondition) string {
	var parts []string
	for _, c := range conditions {
		values := append(append([]string{}, c.Values...), c.Regex...)
		for _, q := range c.Query {
			values = append(values, q.Key+"="+q.Value)
		}
		name := strings.NewReplacer("host-header", "host", "path-pattern", "path", "http-request-method", "method", "query-string", "query").Replace(c.Field)
		if c.Header != "" {
			name = "header " + c.Header
		}
		parts = append(parts, name+" "+strings.Join(values, ", "))
	}
	return strings.Join(parts, " and ")
}

// actionText returns in a few words what actions do.
func actionText(list structs.LoadBalancerList, actions []structs.RuleAction) string {
	var parts []string
	for _, a := range actions {
		switch {
		case a.Forward != nil:
			for _, to := range a.Forward.Groups {
				text := "to " + groupName(list, to.TargetGroup)
				if len(a.Forward.Groups) > 1 {
					text += fmt.Sprintf(" (%g)", to.Weight)
				}
				parts = append(parts, text)
			}
		case a.Redirect != nil:
			parts = append(parts, fmt.Sprintf("redirect to %s port %s", strings.ToLower(a.Redirect.Protocol), a.Redirect.Port))
		case a.Fixed != nil:
			parts = append(parts, fmt.Sprintf("answer %d", a.Fixed.Status))
		}
	}
	return strings.Join(parts, ", ")
}

func groupName(list structs.LoadBalancerList, id string) string {
	for _, g := range list.TargetGroups {
		if g.ID == id {
			return g.Name
		}
	}
	return id
}
