package control

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// InstanceRegistration is what a client of the ECS API reports about a container instance. Missing
// fields keep their known values, or get defaults for a new instance.
type InstanceRegistration struct {
	Cluster string
	ID      string // of the instance to renew; empty for a new one
	// Name, Zone and the others are parts of an identity document, which has its own names for
	// them. They are empty if not given.
	Name, Address, Zone, Type, Image, Architecture string

	CPU, Memory *int64   // units and MiB
	TCP, UDP    []uint16 // reserved ports; nil if not given
	GPUs        []string // ids; nil if not given
	Attributes  []structs.Attribute
	VersionInfo *structs.VersionInfo
	Tags        []structs.Tag // for a new instance
}

// The resources of an instance for which only the identity is given: those of the smallest machine
// in ECS's examples (t2.micro), and the ports that its agent reserves.
const (
	defaultCPU    = 1024
	defaultMemory = 985
)

var defaultReserved = []uint16{22, 2376, 2375, 51678, 51679}

// The attributes that ECS derives from an identity document.
const (
	attributeType         = "ecs.instance-type"
	attributeImage        = "ecs.ami-id"
	attributeArchitecture = "ecs.cpu-architecture"
	attributeOS           = "ecs.os-type"
)

// RegisterContainerInstance adds or renews a container instance for a program other than Gantry's
// agent. It is ACTIVE at once. It takes work when an agent opens its stream.
func (c *Control) RegisterContainerInstance(ctx context.Context, in InstanceRegistration) (*structs.ContainerInstance, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := activeCluster(snap, in.Cluster); err != nil {
		return nil, err
	}
	i := structs.ContainerInstance{
		Cluster:    in.Cluster,
		Registered: structs.Resources{CPU: defaultCPU, Memory: defaultMemory, Ports: ports(defaultReserved, "tcp")},
		Attributes: []structs.Attribute{{Name: attributeOS, Value: "linux"}},
	}
	if in.ID != "" {
		old := snap.Instance(in.ID)
		if old == nil || old.Cluster != in.Cluster {
			return nil, structs.ErrInstanceNotFound(in.ID)
		}
		i = *old
		i.DeregisteredAt = 0
	}
	if err := in.describe(&i); err != nil {
		return nil, err
	}
	in.amount(&i)
	return c.RegisterInstance(ctx, i, in.Tags...)
}

// describe sets the properties of an instance. Its attributes belong to the agent; those that users
// may put are set once, at the first registration.
func (in *InstanceRegistration) describe(i *structs.ContainerInstance) error {
	if was, _ := i.Attribute(attributeType); was != "" && in.Type != "" && in.Type != was {
		return structs.Errorf(structs.KindClient, "Container instance type changes are not supported. Container instance %s was previously registered as %s.", i.ID, was)
	}
	i.Name, i.Address, i.Zone = cmp.Or(in.Name, i.Name), cmp.Or(in.Address, i.Address), cmp.Or(in.Zone, i.Zone)
	if in.VersionInfo != nil {
		i.VersionInfo = *in.VersionInfo
	}
	own := slices.Clone(i.Attributes)
	for _, a := range []structs.Attribute{
		{Name: structs.AttributeZone, Value: in.Zone}, {Name: attributeType, Value: in.Type}, {Name: attributeImage, Value: in.Image},
		{Name: attributeArchitecture, Value: in.Architecture},
	} {
		if a.Value != "" {
			own = setAttribute(own, a)
		}
	}
	for _, a := range in.Attributes {
		a = structs.Attribute{Name: a.Name, Value: a.Value} // its only target is this instance
		if strings.HasPrefix(a.Name, "ecs.") || strings.HasPrefix(a.Name, "com.amazonaws.") {
			own = setAttribute(own, a)
			continue
		}
		if err := a.Validate(); err != nil {
			return err
		}
		switch has, there := i.Attribute(a.Name); {
		case there && has == a.Value:
		case i.ID != "":
			return structs.Errorf(structs.KindInvalidParameter,
				"attributes: %s of container instance %s was set, or left out, at its first registration; change it with PutAttributes", a.Name, i.ID)
		default:
			i.Custom = setAttribute(i.Custom, a)
		}
	}
	if n := len(i.Custom); n > structs.MaxCustomAttributes {
		return structs.Errorf(structs.KindInvalidParameter, "attributes: a container instance can have at most %d custom attributes; there are %d", structs.MaxCustomAttributes, n)
	}
	slices.SortFunc(own, func(a, b structs.Attribute) int { return strings.Compare(a.Name, b.Name) })
	i.Attributes = own
	return nil
}

// amount sets the resources of an instance.
func (in *InstanceRegistration) amount(i *structs.ContainerInstance) {
	if in.CPU != nil {
		i.Registered.CPU = *in.CPU
	}
	if in.Memory != nil {
		i.Registered.Memory = *in.Memory
	}
	reserved := map[string][]uint16{"tcp": in.TCP, "udp": in.UDP}
	for _, protocol := range []string{"tcp", "udp"} {
		if reserved[protocol] != nil {
			others := slices.DeleteFunc(slices.Clone(i.Registered.Ports), func(p structs.Port) bool { return p.Protocol == protocol })
			i.Registered.Ports = append(others, ports(reserved[protocol], protocol)...)
		}
	}
	if in.GPUs != nil {
		i.GPUs = in.GPUs
	}
}

func ports(numbers []uint16, protocol string) (list []structs.Port) {
	for _, n := range numbers {
		list = append(list, structs.Port{Number: n, Protocol: protocol})
	}
	return list
}

// setAttribute sets one attribute in a list that is not shared.
func setAttribute(list []structs.Attribute, a structs.Attribute) []structs.Attribute {
	if n := slices.IndexFunc(list, func(has structs.Attribute) bool { return has.Name == a.Name }); n >= 0 {
		list[n] = a
		return list
	}
	return append(list, a)
}
