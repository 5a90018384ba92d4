package firelens

import (
	"fmt"

	"github.com/gantry-project/gantry/structs"
)

// The options of a container's awsfirelens driver that are not the router's.
const (
	optionBuffer  = "log-driver-buffer-limit" // how many records may wait for the router
	optionInclude = "include-pattern"
	optionExclude = "exclude-pattern"
	optionMode    = "mode" // if its value is one of Docker's; some outputs of routers have such an option
	optionSize    = "max-buffer-size"
)

// driver returns the log configuration, for the engine, of a container that logs to a router. As
// with ECS's agent, the driver connects in the background: it waits for a router that is late or
// starts again, and what is written meanwhile is kept in its buffer.
func driver(c *structs.ContainerDefinition, task, socket string) structs.LogConfiguration {
	options := map[string]string{
		"tag":                          fmt.Sprintf("%s-firelens-%s", c.Name, task),
		"fluentd-address":              "unix://" + socket,
		"fluentd-async":                "true",
		"fluentd-sub-second-precision": "true",
	}
	for key, value := range c.LogConfiguration.Options {
		switch {
		case key == optionBuffer:
			options["fluentd-buffer-limit"] = value
		case isEngines(key, value):
			options[key] = value
		}
	}
	return structs.LogConfiguration{LogDriver: "fluentd", Options: options}
}

// isEngines reports whether an option is the engine's, which all log drivers of ECS have.
func isEngines(key, value string) bool {
	return key == optionSize || key == optionMode && (value == "blocking" || value == "non-blocking")
}

// environment returns the variables that ECS's agent gives the containers of the task. Those of
// containers in bridge mode have the router's address, which the engine gives it when it starts.
func environment(d *structs.TaskDefinition) map[string]map[string]string {
	all := map[string]map[string]string{}
	router := d.Router()
	if router.FirelensConfiguration.Type == structs.FirelensFluentd {
		all[router.Name] = map[string]string{"FLUENT_UID": "0"} // the socket is root's
	}
	for i := range d.ContainerDefinitions {
		if c := &d.ContainerDefinitions[i]; c.IsRouted() && d.NetworkMode == structs.NetworkAwsvpc {
			all[c.Name] = map[string]string{structs.FluentHost: "127.0.0.1", structs.FluentPort: structs.FluentPortValue}
		}
	}
	return all
}
