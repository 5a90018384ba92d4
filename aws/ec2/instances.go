package ec2

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

func (c *call) describeInstances(ctx context.Context, in *DescribeInstancesRequest) (*DescribeInstancesResult, error) {
	if err := checkDryRun(in.DryRun); err != nil {
		return nil, err
	}
	if len(in.InstanceIds) > 0 && in.MaxResults != nil {
		return nil, refusal(codeCombination, "The parameter instancesSet cannot be used with the parameter maxResults")
	}
	machines, err := c.machines(ctx)
	if err != nil {
		return nil, err
	}
	machines, err = named(machines, in.InstanceIds, "i-", "instance", "InvalidInstanceID.Malformed", "InvalidInstanceID.NotFound",
		instanceID)
	if err != nil {
		return nil, err
	}
	if machines, err = filtered(machines, in.Filters, ofInstances, func(m *machine) []structs.Tag { return m.tags }); err != nil {
		return nil, err
	}
	shown, next, err := page("DescribeInstances", machines, instanceID, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &DescribeInstancesResult{NextToken: next}
	for _, m := range shown {
		// For EC2, each was started by itself.
		out.Reservations = append(out.Reservations, Reservation{
			ReservationId: m.reservationID(), OwnerId: m.account, Groups: []GroupIdentifier{}, Instances: []Instance{m.instance()},
		})
	}
	return out, nil
}

func instanceID(m *machine) string { return m.id }

// instance shows a machine, with the members whose values are known here.
func (m *machine) instance() Instance {
	out := Instance{
		InstanceId:          m.id,
		ImageId:             m.attribute(attributeImage),
		InstanceType:        m.attribute(attributeType),
		Architecture:        m.architecture(),
		State:               &InstanceState{Code: new(stateCodes[m.state()]), Name: m.state()},
		LaunchTime:          m.RegisteredAt,
		PrivateDnsName:      m.hostName(),
		PrivateIpAddress:    m.address(),
		BlockDeviceMappings: []InstanceBlockDeviceMapping{},
		NetworkInterfaces:   []InstanceNetworkInterface{},
		SecurityGroups:      []GroupIdentifier{},
		Tags:                []Tag{},
	}
	if m.Zone != "" {
		out.Placement = &Placement{AvailabilityZone: m.Zone}
	}
	for _, t := range m.tags {
		out.Tags = append(out.Tags, Tag{Key: t.Key, Value: t.Value})
	}
	if m.address() != "" {
		out.NetworkInterfaces = append(out.NetworkInterfaces, InstanceNetworkInterface{
			NetworkInterfaceId: m.interfaceID(), OwnerId: m.account, Status: interfaceInUse, InterfaceType: "interface",
			PrivateDnsName: m.hostName(), PrivateIpAddress: m.address(),
			PrivateIpAddresses: []InstancePrivateIpAddress{
				{Primary: new(true), PrivateDnsName: m.hostName(), PrivateIpAddress: m.address()},
			},
			Attachment: &InstanceNetworkInterfaceAttachment{
				AttachmentId: m.attachmentID(), AttachTime: m.RegisteredAt, DeviceIndex: new(int32(0)), Status: interfaceAttached,
			},
		})
	}
	return out
}
