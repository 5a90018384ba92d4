package ec2

import (
	"context"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// The states of every network interface and of its attachment (EC2).
const (
	interfaceInUse    = "in-use"
	interfaceAttached = "attached"
)

// describeNetworkInterfaces shows one network interface for each machine whose address is known. It
// stands for the address at which the ports of the machine's tasks are reached.
func (c *call) describeNetworkInterfaces(ctx context.Context, in *DescribeNetworkInterfacesRequest) (*DescribeNetworkInterfacesResult, error) {
	if err := checkDryRun(in.DryRun); err != nil {
		return nil, err
	}
	if len(in.NetworkInterfaceIds) > 0 && in.MaxResults != nil {
		return nil, refusal(codeCombination, "The parameter networkInterfaceIdSet cannot be used with the parameter maxResults")
	}
	machines, err := c.machines(ctx)
	if err != nil {
		return nil, err
	}
	machines = slices.DeleteFunc(machines, func(m *machine) bool { return m.address() == "" })
	machines, err = named(machines, in.NetworkInterfaceIds, "eni-", "networkInterface",
		"InvalidNetworkInterfaceId.Malformed", "InvalidNetworkInterfaceID.NotFound", (*machine).interfaceID)
	if err != nil {
		return nil, err
	}
	if machines, err = filtered(machines, in.Filters, ofInterfaces, func(*machine) []structs.Tag { return nil }); err != nil {
		return nil, err
	}
	shown, next, err := page("DescribeNetworkInterfaces", machines, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &DescribeNetworkInterfacesResult{NextToken: next}
	for _, m := range shown {
		out.NetworkInterfaces = append(out.NetworkInterfaces, m.networkInterface())
	}
	return out, nil
}

func (m *machine) networkInterface() NetworkInterface {
	return NetworkInterface{
		NetworkInterfaceId: m.interfaceID(),
		OwnerId:            m.account,
		Status:             interfaceInUse,
		InterfaceType:      "interface",
		AvailabilityZone:   m.Zone,
		PrivateDnsName:     m.hostName(),
		PrivateIpAddress:   m.address(),
		PrivateIpAddresses: []NetworkInterfacePrivateIpAddress{
			{Primary: new(true), PrivateDnsName: m.hostName(), PrivateIpAddress: m.address()},
		},
		Groups: []GroupIdentifier{},
		TagSet: []Tag{},
		Attachment: &NetworkInterfaceAttachment{
			AttachmentId: m.attachmentID(), AttachTime: m.RegisteredAt, DeviceIndex: new(int32(0)),
			InstanceId: m.id, InstanceOwnerId: m.account, Status: interfaceAttached,
		},
	}
}
