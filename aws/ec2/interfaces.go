package ec2

import (
	"cmp"
	"context"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// The states of every network interface and of its attachment (EC2).
const (
	interfaceInUse    = "in-use"
	interfaceAttached = "attached"
)

// describeNetworkInterfaces shows the network interface of each awsvpc task, and one for each
// machine whose address is known, which is the address at which the ports of other tasks are
// reached.
func (c *call) describeNetworkInterfaces(ctx context.Context, in *DescribeNetworkInterfacesRequest) (*DescribeNetworkInterfacesResult, error) {
	if err := checkDryRun(in.DryRun); err != nil {
		return nil, err
	}
	if len(in.NetworkInterfaceIds) > 0 && in.MaxResults != nil {
		return nil, refusal(codeCombination, "The parameter networkInterfaceIdSet cannot be used with the parameter maxResults")
	}
	state, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	machines := c.interfaces(state)
	machines, err = named(machines, in.NetworkInterfaceIds, "eni-", "networkInterface",
		"InvalidNetworkInterfaceId.Malformed", "InvalidNetworkInterfaceID.NotFound", (*machine).interfaceID)
	if err != nil {
		return nil, err
	}
	if machines, err = filtered(machines, in.Filters, ofInterfaces, func(*machine) []structs.Tag { return nil }); err != nil {
		return nil, err
	}
	shown, next, err := page("DescribeNetworkInterfaces", machines, (*machine).interfaceID, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &DescribeNetworkInterfacesResult{NextToken: next}
	for _, m := range shown {
		out.NetworkInterfaces = append(out.NetworkInterfaces, m.networkInterface())
	}
	return out, nil
}

// interfaces returns all network interfaces, in the order of their ids.
func (c *call) interfaces(v view) (list []*machine) {
	for _, m := range c.machinesOf(v) {
		if m.address() != "" {
			list = append(list, m)
		}
		if m.Network.Block == "" {
			continue
		}
		for t := range v.InstanceTasks(m.ID) {
			if t.Address != "" {
				of := *m
				of.task, of.subnet = t, structs.TaskSubnet(v.JobOf(t), t.ID)
				list = append(list, &of)
			}
		}
	}
	slices.SortFunc(list, func(a, b *machine) int { return cmp.Compare(a.interfaceID(), b.interfaceID()) })
	return list
}

// mac returns the hardware address of a task's interface. That of a machine is not known.
func (m *machine) mac() string {
	if m.task == nil {
		return ""
	}
	return structs.TaskMAC(m.task.Address)
}

// attachment shows how the interface is attached. The interfaces of tasks come after the machine's
// own.
func (m *machine) attachment() *NetworkInterfaceAttachment {
	out := &NetworkInterfaceAttachment{
		AttachmentId: m.attachmentID(), AttachTime: m.RegisteredAt, DeviceIndex: new(int32(0)),
		InstanceId: m.id, InstanceOwnerId: m.account, Status: interfaceAttached,
	}
	if m.task != nil {
		out.AttachTime, out.DeviceIndex = m.task.CreatedAt, new(int32(1))
	}
	return out
}

func (m *machine) networkInterface() NetworkInterface {
	return NetworkInterface{
		NetworkInterfaceId: m.interfaceID(),
		OwnerId:            m.account,
		Status:             interfaceInUse,
		InterfaceType:      "interface",
		AvailabilityZone:   m.Zone,
		SubnetId:           m.subnet,
		MacAddress:         m.mac(),
		PrivateDnsName:     m.hostName(),
		PrivateIpAddress:   m.address(),
		PrivateIpAddresses: []NetworkInterfacePrivateIpAddress{
			{Primary: new(true), PrivateDnsName: m.hostName(), PrivateIpAddress: m.address()},
		},
		Groups:     []GroupIdentifier{},
		TagSet:     []Tag{},
		Attachment: m.attachment(),
	}
}
