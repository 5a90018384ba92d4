package firelens

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// configuration returns the configuration of a task's router: what it listens on, the filters, the
// definition's own file, and an output for each container.
func (r *Routers) configuration(as structs.Assignment) ([]byte, error) {
	router := as.Definition.Router()
	fluentd := router.FirelensConfiguration.Type == structs.FirelensFluentd
	if _, known := configPaths[router.FirelensConfiguration.Type]; !known {
		return nil, fmt.Errorf("invalid firelens configuration type: %s", router.FirelensConfiguration.Type)
	}
	include, metadata, err := routerOptions(router.FirelensConfiguration.Options)
	if err != nil {
		return nil, err
	}
	sections := inputs(as.Definition.NetworkMode, fluentd)
	var outputs []section
	if !fluentd && hasPorts(as.Definition.NetworkMode) {
		outputs = append(outputs, section{kind: output, plugin: "null", match: healthCheckTag})
	}
	for n := range as.Definition.ContainerDefinitions {
		c := &as.Definition.ContainerDefinitions[n]
		if !c.IsRouted() {
			continue
		}
		filters, out, err := sectionsOf(c, n, fluentd)
		if err != nil {
			return nil, fmt.Errorf("unable to apply log options of container %s to firelens config: %w", c.Name, err)
		}
		sections, outputs = append(sections, filters...), append(outputs, out...)
	}
	if metadata {
		sections = append(sections, r.metadata(as, fluentd))
	}
	var text bytes.Buffer
	write(&text, fluentd, sections)
	if include != "" && fluentd {
		fmt.Fprintf(&text, "\n@include %s\n", include)
	} else if include != "" {
		fmt.Fprintf(&text, "\n@INCLUDE %s\n", include)
	}
	write(&text, fluentd, outputs)
	return text.Bytes(), nil
}

// routerOptions returns the path of the definition's own file in the router, or "", and whether
// records get what is known of their task. As with ECS's agent, they do if the option is not a
// truth value.
func routerOptions(options map[string]string) (include string, metadata bool, err error) {
	metadata = true
	if value, err := strconv.ParseBool(options[structs.FirelensLogMetadata]); err == nil {
		metadata = value
	}
	kind, given := options[structs.FirelensConfigType]
	switch {
	case !given:
		return "", metadata, nil
	case kind != structs.FirelensConfigFile:
		return "", metadata, fmt.Errorf("invalid value %s is specified for option %s", kind, structs.FirelensConfigType)
	}
	include = options[structs.FirelensConfigValue]
	if include == "" {
		return "", metadata, fmt.Errorf("option %s is specified but %s is not specified", structs.FirelensConfigType, structs.FirelensConfigValue)
	}
	return include, metadata, oneLine(structs.FirelensConfigValue, include)
}

// oneLine refuses a value that would go on in another line of the configuration.
func oneLine(key, value string) error {
	if strings.ContainsAny(key+value, "\r\n") {
		return fmt.Errorf("option %q has a line break", key)
	}
	return nil
}
