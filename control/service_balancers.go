package control

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// balancersOf checks the load balancers that a caller gives a service, or that it has, against a
// task definition, and returns them with ids. The caller names target groups by ARN, name or id,
// and rules by the ARN of the rule or of its listener, by id, or as LOADBALANCER:PORT, which is a
// listener's default rule. The errors are ECS's where they are known.
func balancersOf(snap *state.Snapshot, def *structs.TaskDefinition, given []structs.ServiceLoadBalancer) ([]structs.ServiceLoadBalancer, error) {
	if len(given) > structs.MaxServiceLoadBalancers {
		return nil, structs.Errorf(structs.KindInvalidParameter, "load balancers can have at most %d items.", structs.MaxServiceLoadBalancers)
	}
	if def == nil && len(given) > 0 {
		return nil, structs.ErrTaskDefinitionNotFound()
	}
	var all []structs.ServiceLoadBalancer
	for n := range given {
		b := given[n]
		if b.Owner != "" { // one that Gantry makes is complete, and its group comes with the service
			all = append(all, b)
			continue
		}
		if err := completeBalancer(&b, def); err != nil {
			return nil, err
		}
		group, err := groupFor(snap, b.TargetGroup, def)
		if err != nil {
			return nil, err
		}
		if !forwardedTo(snap, group.ID) {
			return nil, structs.Errorf(structs.KindInvalidParameter,
				"The target group with targetGroupArn %s does not have an associated load balancer.", b.TargetGroup)
		}
		name := b.TargetGroup
		b.TargetGroup = group.ID
		if b.Alternate != nil {
			if b.Alternate, err = alternateOf(snap, def, group, b.Alternate); err != nil {
				return nil, err
			}
		}
		if slices.ContainsFunc(all, func(o structs.ServiceLoadBalancer) bool {
			return o.TargetGroup == b.TargetGroup && o.Container == b.Container && o.ContainerPort == b.ContainerPort
		}) {
			return nil, structs.Errorf(structs.KindInvalidParameter,
				"loadBalancers: port %d of container %s is there twice for target group %s", b.ContainerPort, b.Container, name)
		}
		all = append(all, b)
	}
	return all, nil
}

// completeBalancer checks the container and the port of a load balancer.
func completeBalancer(b *structs.ServiceLoadBalancer, def *structs.TaskDefinition) error {
	switch {
	case b.TargetGroup == "":
		return structs.Errorf(structs.KindInvalidParameter, "loadBalancers.targetGroupArn can not be blank.")
	case b.Container == "":
		return structs.Errorf(structs.KindInvalidParameter, "Container Name can not be blank.")
	case b.ContainerPort < 1 || b.ContainerPort > 65535:
		return structs.Errorf(structs.KindInvalidParameter, "loadBalancers.containerPort: %d is out of range; it must be between 1 and 65535", b.ContainerPort)
	}
	n := slices.IndexFunc(def.ContainerDefinitions, func(c structs.ContainerDefinition) bool { return c.Name == b.Container })
	if n < 0 {
		return structs.Errorf(structs.KindInvalidParameter, "The container %s does not exist in the task definition.", b.Container)
	}
	if !slices.ContainsFunc(def.ContainerDefinitions[n].PortMappings, func(m structs.PortMapping) bool {
		return m.ContainerPort != nil && *m.ContainerPort == b.ContainerPort
	}) {
		return structs.Errorf(structs.KindInvalidParameter, "The container %s did not have a container port %d defined.", b.Container, b.ContainerPort)
	}
	return nil
}

// groupFor returns the target group that a caller names. Its type must fit the network mode of the
// tasks: addresses for awsvpc, instances for the others (ECS).
func groupFor(snap *state.Snapshot, name string, def *structs.TaskDefinition) (*structs.TargetGroup, error) {
	group := snap.TargetGroup(trafficID(name))
	if group == nil {
		group = snap.TargetGroupNamed(name)
	}
	wanted, mode := structs.TargetTypeInstance, cmp.Or(def.NetworkMode, structs.NetworkBridge)
	if mode == structs.NetworkAwsvpc {
		wanted = structs.TargetTypeIP
	}
	switch {
	case group == nil:
		return nil, structs.Errorf(structs.KindInvalidParameter, "The target group with targetGroupArn %s does not exist.", name)
	case group.TargetType != wanted:
		return nil, structs.Errorf(structs.KindInvalidParameter,
			"The provided target group %s has target type %s, which is incompatible with the %s network mode specified in the task definition.",
			name, group.TargetType, mode)
	}
	return group, nil
}

// alternateOf checks the second target group of a load balancer, and the rules that shift traffic.
func alternateOf(snap *state.Snapshot, def *structs.TaskDefinition, first *structs.TargetGroup, given *structs.AlternateTargets) (*structs.AlternateTargets, error) {
	const at = "loadBalancers.advancedConfiguration."
	if given.TargetGroup == "" {
		return nil, structs.Errorf(structs.KindInvalidParameter, at+"alternateTargetGroupArn can not be blank.")
	}
	group, err := groupFor(snap, given.TargetGroup, def)
	switch {
	case err != nil:
		return nil, err
	case group.ID == first.ID:
		return nil, structs.Errorf(structs.KindInvalidParameter, at+"alternateTargetGroupArn: it is the target group itself; name a second one")
	case given.ProductionRule == "":
		return nil, structs.Errorf(structs.KindInvalidParameter, at+"productionListenerRule can not be blank.")
	}
	out := structs.AlternateTargets{TargetGroup: group.ID, Role: given.Role}
	if out.ProductionRule, err = ruleFor(snap, at+"productionListenerRule", given.ProductionRule); err != nil {
		return nil, err
	}
	if given.TestRule != "" {
		if out.TestRule, err = ruleFor(snap, at+"testListenerRule", given.TestRule); err != nil {
			return nil, err
		}
	}
	if out.TestRule == out.ProductionRule {
		return nil, structs.Errorf(structs.KindInvalidParameter, at+"testListenerRule: it is the production rule itself; name another, or leave it out")
	}
	return &out, nil
}

// ruleFor returns the id of the rule that a caller names. It must forward requests.
func ruleFor(snap *state.Snapshot, member, name string) (string, error) {
	id, actions := findRule(snap, name)
	switch {
	case id == "":
		return "", structs.Errorf(structs.KindInvalidParameter, "%s: there is no rule %s", member, name)
	case !slices.ContainsFunc(actions, func(a structs.RuleAction) bool { return a.Forward != nil }):
		return "", structs.Errorf(structs.KindInvalidParameter, "%s: rule %s forwards no requests; it needs an action of type forward", member, name)
	}
	return id, nil
}

func findRule(snap *state.Snapshot, name string) (id string, actions []structs.RuleAction) {
	id = trafficID(name)
	if rule := snap.ListenerRule(id); rule != nil {
		return rule.ID, rule.Actions
	}
	balancer, text, _ := strings.Cut(name, ":")
	port, _ := strconv.Atoi(text) // zero, of no listener, if it is none
	for l := range snap.AllListeners() {
		of := snap.LoadBalancer(l.LoadBalancer)
		if l.ID == id || l.DefaultRule == id || of != nil && of.Name == balancer && int(l.Port) == port {
			return l.DefaultRule, l.DefaultActions
		}
	}
	return "", nil
}

// trafficID returns the id in an ARN of elbv2, or the name itself.
func trafficID(name string) string {
	if r, err := structs.ParseTrafficARN("", "", name,
		structs.ResourceTargetGroup, structs.ResourceListener, structs.ResourceListenerRule); err == nil {
		return r.ID
	}
	return name
}

// forwardedTo reports whether a rule of any listener forwards requests to a target group.
func forwardedTo(snap *state.Snapshot, group string) bool {
	forwards := func(actions []structs.RuleAction) bool {
		return slices.ContainsFunc(actions, func(a structs.RuleAction) bool {
			return a.Forward != nil && slices.ContainsFunc(a.Forward.Groups, func(g structs.WeightedGroup) bool { return g.TargetGroup == group })
		})
	}
	for l := range snap.AllListeners() {
		if forwards(l.DefaultActions) {
			return true
		}
		for rule := range snap.ListenerRules(l.ID) {
			if forwards(rule.Actions) {
				return true
			}
		}
	}
	return false
}
