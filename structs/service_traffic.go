package structs

// ServiceLoadBalancer makes each task of a service a target of a target group (ECS:
// loadBalancers).
type ServiceLoadBalancer struct {
	TargetGroup   string `json:"targetGroup"` // TargetGroup.ID
	Container     string `json:"containerName"`
	ContainerPort int32  `json:"containerPort"`
	// Alternate is for deployments that shift traffic; nil: tasks of both revisions are in
	// TargetGroup, and share its traffic by Deployment.Traffic.
	Alternate *AlternateTargets `json:"alternate,omitzero"`
	// Owner is what Gantry itself made the target group for (TargetGroup.Owner); empty for one that
	// the service's user named.
	Owner string `json:"owner,omitzero"`
}

// NamedBalancers returns the load balancers that a user named, without those that Gantry makes.
func (s *ServiceSpec) NamedBalancers() []ServiceLoadBalancer {
	var named []ServiceLoadBalancer
	for _, b := range s.LoadBalancers {
		if b.Owner == "" {
			named = append(named, b)
		}
	}
	return named
}

// AlternateTargets are the second target group of a service that shifts traffic, and the rules
// whose weights move it (ECS: advancedConfiguration). Deployments use the two groups in turn.
type AlternateTargets struct {
	TargetGroup string `json:"targetGroup"` // TargetGroup.ID
	// ProductionRule and TestRule are a ListenerRule.ID, or a Listener.DefaultRule.
	ProductionRule string `json:"productionRule"`
	TestRule       string `json:"testRule,omitzero"`
	Role           string `json:"roleArn,omitzero"` // it has no effect
}

// ServiceRegistry names a service of Cloud Map that has the service's tasks as its instances (ECS:
// serviceRegistries).
type ServiceRegistry struct {
	Registry      string `json:"registry"` // the id of the Cloud Map service
	Port          int32  `json:"port,omitzero"`
	Container     string `json:"containerName,omitzero"`
	ContainerPort int32  `json:"containerPort,omitzero"`
}

// ServiceConnect is a service's part in Service Connect (ECS: serviceConnectConfiguration).
type ServiceConnect struct {
	Namespace string `json:"namespace"` // its name
	// Services are the ports that others of the namespace reach. A service without any is a client
	// only.
	Services []ConnectService `json:"services,omitzero"`
}

// ConnectService is a port of a service that others reach by names.
type ConnectService struct {
	PortName      string         `json:"portName"`
	DiscoveryName string         `json:"discoveryName,omitzero"` // empty: PortName
	Aliases       []ConnectAlias `json:"clientAliases,omitzero"`
	// IdleTimeout and RequestTimeout are in seconds; nil: ECS's default, zero: none.
	IdleTimeout    *int32 `json:"idleTimeoutSeconds,omitzero"`
	RequestTimeout *int32 `json:"perRequestTimeoutSeconds,omitzero"`
}

// ConnectAlias is a name and port by which clients reach a service.
type ConnectAlias struct {
	DNSName string `json:"dnsName,omitzero"` // empty: discovery name and namespace
	Port    int32  `json:"port"`
}
