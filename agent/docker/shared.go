package docker

import (
	"fmt"
	"maps"
	"strings"

	"github.com/docker/docker/api/types/container"

	"github.com/gantry-project/gantry/agent/runtime"
)

// networkAwsvpc is ECS's network mode in which a task has a network namespace of its own.
const networkAwsvpc = "awsvpc"

// joinNamespaces makes a container join the namespaces that the resources of its task provide. A
// container that joins a network has the names, resolvers and kernel parameters of that network:
// engines refuse others, and whoever made the network has set them.
func joinNamespaces(spec runtime.ContainerSpec, config *container.Config, host *container.HostConfig) error {
	shared := spec.Shared
	missing := ""
	switch {
	case spec.NetworkMode == networkAwsvpc && shared.NetworkOf == "":
		missing = "networkMode awsvpc"
	case spec.PidMode == "task" && shared.PidOf == "":
		missing = "pidMode task"
	case spec.IpcMode == "task" && shared.IpcOf == "":
		missing = "ipcMode task"
	}
	if missing != "" {
		return fmt.Errorf("container %s: this agent has no task network, which %s needs", spec.Name, missing)
	}
	if shared.PidOf != "" {
		host.PidMode = container.PidMode("container:" + shared.PidOf)
	}
	if shared.IpcOf != "" {
		host.IpcMode = container.IpcMode("container:" + shared.IpcOf)
	}
	if shared.NetworkOf != "" {
		host.NetworkMode = container.NetworkMode("container:" + shared.NetworkOf)
		config.Hostname, config.NetworkDisabled = "", false
		host.DNS, host.DNSSearch, host.DNSOptions, host.ExtraHosts = nil, nil, nil, nil
		maps.DeleteFunc(host.Sysctls, func(name, _ string) bool { return strings.HasPrefix(name, "net.") })
	}
	return nil
}
