package traffic

import (
	"context"
	"net/netip"
	"strconv"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// RegisterTargets adds targets to a target group: addresses, also outside the cluster, or container
// instances by their EC2 ids. A port of zero is the target group's.
func (t *Traffic) RegisterTargets(ctx context.Context, group string, targets []structs.Target) error {
	snap, err := t.Read(ctx)
	if err != nil {
		return err
	}
	g := snap.TargetGroup(group)
	if g == nil {
		return structs.ErrTargetGroupNotFound()
	}
	instances := instanceIDs(snap, g)
	now := t.Now()
	for i := range targets {
		to := &targets[i]
		if to.Port == 0 {
			to.Port = g.Port
		}
		if g.TargetType == structs.TargetTypeInstance {
			if !instances[to.Target] {
				return structs.Errorf(structs.KindInvalidTarget, "The following targets are not in a running state and cannot be registered: '%s'", to.Target)
			}
		} else if err := checkAddress(g, to.Target); err != nil {
			return err
		}
		to.RegisteredAt = now
		to.Health = structs.TargetHealth{
			State: structs.TargetInitial, Reason: structs.ReasonRegistering, Description: "Target registration is in progress", Since: now,
		}
	}
	_, err = t.control.Apply(ctx, structs.RegisterTargets{TargetGroup: group, Targets: targets})
	return err
}

// instanceIDs returns the EC2 ids of the container instances, for a group that has such targets.
func instanceIDs(snap *state.Snapshot, g *structs.TargetGroup) map[string]bool {
	ids := map[string]bool{}
	if g.TargetType != structs.TargetTypeInstance {
		return ids
	}
	for c := range snap.Clusters() {
		for i := range snap.Instances(c.Name) {
			if i.Status != structs.InstanceInactive {
				ids[i.EC2ID()] = true
			}
		}
	}
	return ids
}

// checkAddress refuses addresses that no target can have, or that only the machine of an ingress
// instance itself reaches: its loopback, and the link-local ones where its metadata is.
func checkAddress(g *structs.TargetGroup, text string) error {
	address, err := netip.ParseAddr(text)
	if want := g.IPAddressType == "ipv6"; err != nil || address.Zone() != "" || address.Unmap().Is6() != want || address.Is4In6() {
		kind := "IPv4"
		if want {
			kind = "IPv6"
		}
		return structs.Errorf(structs.KindInvalidParameter, "The IP address '%s' is not a valid %s address", text, kind)
	}
	if address.IsUnspecified() || address.IsLoopback() || address.IsMulticast() || address.IsLinkLocalUnicast() || text == "255.255.255.255" {
		return structs.Errorf(structs.KindInvalidTarget, "The IP address '%s' cannot be a target: it is not one that all ingress instances reach", text)
	}
	return nil
}

// DeregisterTargets takes targets out of a target group once their open requests have ended, at the
// latest after the group's deregistration delay. Those that are not in it are no error.
func (t *Traffic) DeregisterTargets(ctx context.Context, group string, targets []structs.TargetKey) error {
	snap, err := t.Read(ctx)
	if err != nil {
		return err
	}
	g := snap.TargetGroup(group)
	if g == nil {
		return structs.ErrTargetGroupNotFound()
	}
	cmd := structs.DeregisterTargets{TargetGroup: group, Targets: targets}
	// A target that gets no requests has none to wait for.
	if seconds, err := strconv.Atoi(g.Attribute(structs.AttributeDeregistrationDelay)); err == nil && seconds > 0 && snap.Forwards(group) != nil {
		cmd.DrainUntil = t.Now() + structs.Time(seconds)*1000
	}
	_, err = t.control.Apply(ctx, cmd)
	return err
}
