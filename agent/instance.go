package agent

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// containerInstance describes this machine to the server.
func containerInstance(cfg Config, id string, info runtime.Info) structs.ContainerInstance {
	address := ""
	if cfg.Address != nil {
		address = cfg.Address()
	}
	return structs.ContainerInstance{
		ID:               id,
		Cluster:          cfg.Cluster,
		Zone:             cfg.Zone,
		Name:             cmp.Or(cfg.Name, info.Hostname),
		Address:          address,
		Status:           structs.InstanceActive,
		Fenced:           cfg.StopOnDisconnect,
		Ingress:          cfg.Ingress != nil,
		CapacityProvider: cfg.CapacityProvider,
		Registered: structs.Resources{
			CPU:    max(0, int64(info.CPUs)*1024-cfg.ReservedCPU),
			Memory: max(0, info.Memory-cfg.ReservedMemory),
			Ports:  cfg.reservedPorts(),
		},
		GPUs:       cfg.GPUs,
		Attributes: attributes(cfg, info),
		Runtime:    structs.RuntimeHealth{Status: structs.HealthOK}, // it has just answered
		VersionInfo: structs.VersionInfo{
			AgentVersion: cfg.Version, AgentHash: cfg.Commit, DockerVersion: "DockerVersion: " + info.Version,
		},
	}
}

// storage returns the value of structs.AttributeStorage.
func storage(info runtime.Info) string {
	if info.Quota {
		return structs.StorageEnforced
	}
	return structs.StorageNotEnforced
}

// capability is the prefix of capabilities that ECS's agents have had from the beginning.
const capability = "com.amazonaws.ecs.capability."

// attributes returns ECS's attributes, the capabilities that this agent really has, and the
// configured attributes, sorted by name. Configured ones do not replace the agent's own.
func attributes(cfg Config, info runtime.Info) []structs.Attribute {
	list := []structs.Attribute{
		{Name: "ecs.cpu-architecture", Value: info.Architecture},
		{Name: "ecs.os-type", Value: info.OSType},
		{Name: "ecs.capability.container-health-check"},
		{Name: "ecs.capability.pid-ipc-namespace-sharing"},
		{Name: structs.AttributeStorage, Value: storage(info)},
		{Name: "ecs.capability.private-registry-authentication.secretsmanager"},
		{Name: "ecs.capability.execution-role-ecr-pull"},
		{Name: capability + "ecr-auth"},
	}
	for name, has := range map[string]bool{
		structs.AttributePrivileged:      cfg.AllowPrivileged,
		structs.AttributeAnyArchitecture: cfg.AnyArchitecture,
		structs.AttributeAppArmor:        info.AppArmor,
		structs.AttributeSELinux:         info.SELinux,
		// its lines are kept by agent/logs instead
		capability + "logging-driver." + structs.LogDriverAwslogs: cfg.Logs != nil,
		"ecs.capability.execution-role-awslogs":                   cfg.Logs != nil,
	} {
		if has {
			list = append(list, structs.Attribute{Name: name})
		}
	}
	for _, driver := range info.LogDrivers {
		if driver != structs.LogDriverAwslogs { // the engine's own would write to AWS
			list = append(list, structs.Attribute{Name: capability + "logging-driver." + driver})
		}
	}
	if cfg.Zone != "" {
		list = append(list, structs.Attribute{Name: structs.AttributeZone, Value: cfg.Zone})
	}
	// The versions of Docker's API that ECS task definitions require (1.17 to 1.29). Every engine
	// since 2017 has them.
	for minor := 17; minor <= 30; minor++ {
		list = append(list, structs.Attribute{Name: fmt.Sprintf(capability+"docker-remote-api.1.%d", minor)})
	}
	for _, custom := range cfg.Attributes {
		if !slices.ContainsFunc(list, func(x structs.Attribute) bool { return x.Name == custom.Name }) {
			list = append(list, structs.Attribute{Name: custom.Name, Value: custom.Value})
		}
	}
	slices.SortFunc(list, func(x, y structs.Attribute) int { return cmp.Compare(x.Name, y.Name) })
	return list
}
