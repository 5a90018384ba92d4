package docker

import (
	"maps"
	"strconv"

	"github.com/docker/docker/api/types/container"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// The driver whose files agents read, and its options.
const (
	driverJSONFile = "json-file"
	optionSize     = "max-size"
	optionFiles    = "max-file"
	optionCompress = "compress"
)

// What the driver json-file keeps of a container if the definition does not say: enough for an
// agent that is away for a while. Docker itself would keep everything.
const (
	defaultLogSize  = "10m"
	defaultLogFiles = 5
)

// logConfig returns the log driver for Docker. The zero value is the engine's default driver. What
// goes to awslogs is written to files for the agent to read. Options that agents cannot honor are
// refused when the task is placed, and unknown ones here, in Docker's words. The
// resources of the task may replace the configuration, and add options.
func logConfig(spec runtime.ContainerSpec) (container.LogConfig, error) {
	log, more := spec.Definition.LogConfiguration, spec.Shared.LogOptions[spec.Definition.Name]
	if other, given := spec.Shared.Logging[spec.Definition.Name]; given {
		log = &other
	}
	if log == nil {
		return container.LogConfig{}, nil
	}
	switch log.LogDriver {
	case structs.LogDriverAwslogs:
		if _, err := structs.ParseAwslogs(log.Options); err != nil {
			return container.LogConfig{}, err
		}
		options := map[string]string{}
		for _, option := range []string{structs.LogOptionMode, structs.LogOptionBuffer} {
			if value, given := log.Options[option]; given {
				options[option] = value
			}
		}
		return jsonFile(options), nil
	case driverJSONFile:
		return jsonFile(log.Options), nil
	}
	options := maps.Clone(log.Options)
	if options == nil && len(more) > 0 {
		options = map[string]string{}
	}
	maps.Copy(options, more)
	return container.LogConfig{Type: log.LogDriver, Config: options}, nil
}

// jsonFile returns the driver json-file with bounded files that can be read from outside: there are
// two at least, as Docker truncates a single one, and they are not compressed.
func jsonFile(given map[string]string) container.LogConfig {
	options := map[string]string{optionSize: defaultLogSize, optionFiles: strconv.Itoa(defaultLogFiles)}
	maps.Copy(options, given)
	delete(options, optionCompress)
	if n, err := strconv.Atoi(options[optionFiles]); err == nil && n == 1 {
		options[optionFiles] = "2"
	}
	return container.LogConfig{Type: driverJSONFile, Config: options}
}

// knownEngine is what an engine said of itself.
type knownEngine struct {
	root      string // the directory of its data
	logDriver string // for containers without one of their own
}

// limitOutput bounds the files of a container whose definition names no log driver, if the engine's
// default is json-file. It would keep everything.
func (e *Engine) limitOutput(host *container.HostConfig) {
	if known := e.known.Load(); host.LogConfig.Type == "" && known != nil && known.logDriver == driverJSONFile {
		host.LogConfig = jsonFile(nil)
	}
}
