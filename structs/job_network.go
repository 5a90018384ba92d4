package structs

import (
	"cmp"
	"slices"
)

// The limits of a network configuration (ECS).
const (
	maxSubnets        = 16
	maxSecurityGroups = 5
)

// DefaultSubnet is the subnet of awsvpc tasks whose job names none. The ECS API always names one; a
// job file need not.
const DefaultSubnet = "subnet-default"

// The values of assignPublicIp (ECS).
const (
	publicIPEnabled  = "ENABLED"
	publicIPDisabled = "DISABLED"
)

// Normalize returns the configuration with the defaults that ECS's answers show; nil for nil.
func (n *AwsVpcConfiguration) Normalize() *AwsVpcConfiguration {
	if n == nil {
		return nil
	}
	return &AwsVpcConfiguration{
		Subnets: n.Subnets, SecurityGroups: orEmpty(n.SecurityGroups), AssignPublicIp: cmp.Or(n.AssignPublicIp, publicIPDisabled),
	}
}

// Same reports whether two configurations are the same; nil is the same only as nil.
func (n *AwsVpcConfiguration) Same(o *AwsVpcConfiguration) bool {
	if n == nil || o == nil {
		return n == o
	}
	return n.AssignPublicIp == o.AssignPublicIp && slices.Equal(n.Subnets, o.Subnets) && slices.Equal(n.SecurityGroups, o.SecurityGroups)
}

// validateNetwork reports what is wrong with a job's network for a definition, in ECS's words.
func (j *Job) validateNetwork(d *TaskDefinition) *Error {
	n := j.Network
	switch {
	case n == nil:
		return nil
	case d != nil && d.NetworkMode != NetworkAwsvpc:
		return Errorf(KindInvalidParameter, "Network Configuration is not valid for the given networkMode of this task definition.")
	case len(n.Subnets) == 0:
		return Errorf(KindInvalidParameter, "subnets can not be empty.")
	case len(n.Subnets) > maxSubnets:
		return Errorf(KindInvalidParameter, "subnets can have at most %d items.", maxSubnets)
	case len(n.SecurityGroups) > maxSecurityGroups:
		return Errorf(KindInvalidParameter, "securityGroups can have at most %d items.", maxSecurityGroups)
	case slices.Contains(n.Subnets, ""):
		return Errorf(KindInvalidParameter, "subnets cannot contain an empty id.")
	case slices.Contains(n.SecurityGroups, ""):
		return Errorf(KindInvalidParameter, "securityGroups cannot contain an empty id.")
	case n.AssignPublicIp == publicIPEnabled && !j.OnFargate() && !j.External():
		return Errorf(KindInvalidParameter, "Assign public IP is not supported for this launch type.")
	}
	return nil
}

// RequireNetwork fails if the tasks of a definition need a network configuration and the job has
// none (ECS). A job file need not give one.
func (j *Job) RequireNetwork(d *TaskDefinition) *Error {
	if j.Network == nil && d.NetworkMode == NetworkAwsvpc {
		return Errorf(KindInvalidParameter, "Network Configuration must be provided when networkMode 'awsvpc' is specified.")
	}
	return nil
}
