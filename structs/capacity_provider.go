package structs

import "strings"

// The capacity providers that every installation has. Nobody can change or delete them (ECS).
const (
	ProviderFargate     = "FARGATE"
	ProviderFargateSpot = "FARGATE_SPOT"
)

// ProviderAutoScaling is the type of the capacity providers that users create. The type of the
// other two is their name.
const ProviderAutoScaling = "EC2_AUTOSCALING"

// The states of a capacity provider and of its last change.
const (
	ProviderActive         = "ACTIVE"
	ProviderInactive       = "INACTIVE" // deleted, but can still be described
	ProviderCreateComplete = "CREATE_COMPLETE"
	ProviderUpdateComplete = "UPDATE_COMPLETE"
	ProviderDeleteComplete = "DELETE_COMPLETE"
)

// The values of the on/off settings of an AutoScalingGroupProvider.
const (
	SwitchEnabled  = "ENABLED"
	SwitchDisabled = "DISABLED"
)

// CapacityProvider is a named set of container instances, shared by all clusters. An instance
// belongs to the provider that its agent names (ContainerInstance.CapacityProvider).
type CapacityProvider struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Status string `json:"status"` // ACTIVE, or INACTIVE once deleted
	// AutoScalingGroup is set for providers that users created. Its ARN is only a label: Gantry
	// never calls the group.
	AutoScalingGroup *AutoScalingGroupProvider `json:"autoScalingGroupProvider,omitzero"`
	UpdateStatus     string                    `json:"updateStatus,omitzero"`

	CreatedAt Time `json:"createdAt,omitzero"`
	DeletedAt Time `json:"deletedAt,omitzero"`
}

// IsFargate reports whether a name is one of the capacity providers that every installation has.
func IsFargate(provider string) bool {
	return provider == ProviderFargate || provider == ProviderFargateSpot
}

// FargateProviders returns the capacity providers that every installation has.
func FargateProviders() []*CapacityProvider {
	return []*CapacityProvider{
		{Name: ProviderFargate, Type: ProviderFargate, Status: ProviderActive},
		{Name: ProviderFargateSpot, Type: ProviderFargateSpot, Status: ProviderActive},
	}
}

// Normalize fills in ECS's defaults, which its answers show.
func (p *AutoScalingGroupProvider) Normalize() {
	scaling := ManagedScaling{}
	if p.ManagedScaling != nil {
		scaling = *p.ManagedScaling
	}
	fill := func(field **int32, value int32) {
		if *field == nil {
			*field = &value
		}
	}
	fill(&scaling.TargetCapacity, 100) // percent
	fill(&scaling.MinimumScalingStepSize, 1)
	fill(&scaling.MaximumScalingStepSize, 10000)
	fill(&scaling.InstanceWarmupPeriod, 300) // seconds
	if scaling.Status == "" {
		scaling.Status = SwitchDisabled
	}
	p.ManagedScaling = &scaling
	if p.ManagedTerminationProtection == "" {
		p.ManagedTerminationProtection = SwitchDisabled
	}
	if p.ManagedDraining == "" {
		p.ManagedDraining = SwitchEnabled
	}
}

// Validate reports what is wrong with a capacity provider that a user creates.
func (p *CapacityProvider) Validate() *Error {
	lower := strings.ToLower(p.Name)
	switch {
	case !isName(p.Name):
		return Errorf(KindInvalidParameter, "Invalid capacity provider name %q. Use up to %d letters, digits, hyphens and underscores.", p.Name, maxName)
	case strings.HasPrefix(lower, "aws"), strings.HasPrefix(lower, "ecs"), strings.HasPrefix(lower, "fargate"):
		return Errorf(KindInvalidParameter, "Invalid capacity provider name %q. It cannot begin with aws, ecs or fargate.", p.Name)
	case p.AutoScalingGroup == nil || p.AutoScalingGroup.AutoScalingGroupArn == "":
		return Errorf(KindInvalidParameter, "autoScalingGroupProvider.autoScalingGroupArn is required. It is a label here: any name for the group of machines will do.")
	}
	return p.AutoScalingGroup.validate()
}

// validate refuses, by name, settings that would have no effect: Gantry does not start or stop
// machines.
func (p *AutoScalingGroupProvider) validate() *Error {
	const at, instead = "autoScalingGroupProvider.", "Gantry starts and stops no machines. Use DISABLED, and start agents with --capacity-provider NAME."
	switch s := p.ManagedScaling; {
	case s.Status == SwitchEnabled:
		return Errorf(KindUnsupportedFeature, "this version of Gantry does not support "+at+"managedScaling.status ENABLED: "+instead)
	case p.ManagedTerminationProtection == SwitchEnabled:
		return Errorf(KindUnsupportedFeature, "this version of Gantry does not support "+at+"managedTerminationProtection ENABLED: "+instead)
	case *s.MinimumScalingStepSize > *s.MaximumScalingStepSize:
		return Errorf(KindInvalidParameter, at+"managedScaling.minimumScalingStepSize: %d is greater than the maximumScalingStepSize, %d",
			*s.MinimumScalingStepSize, *s.MaximumScalingStepSize)
	}
	return nil
}

// PutCapacityProvider adds a capacity provider, or changes the ACTIVE one of that name.
type PutCapacityProvider struct {
	Provider CapacityProvider
	Create   bool // fails if an ACTIVE one has the name
	Tags     []Tag
}

// CommandType implements Command.
func (PutCapacityProvider) CommandType() CommandType { return CmdPutCapacityProvider }

// DeleteCapacityProvider makes a capacity provider INACTIVE. It fails while a cluster or service
// uses it.
type DeleteCapacityProvider struct {
	Provider string
	At       Time
}

// CommandType implements Command.
func (DeleteCapacityProvider) CommandType() CommandType { return CmdDeleteCapacityProvider }
