package docker_test

import (
	"maps"
	"testing"

	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/structs"
)

// The engine's own log drivers, with the options that Docker documents, go to the engine as they
// are.
func TestLogDriversOfTheEngine(t *testing.T) {
	h := newHarness(t)
	for driver, options := range map[string]map[string]string{
		"json-file": {"max-size": "1m", "max-file": "3", "labels": "a", "env": "B", "tag": "{{.Name}}"},
		"local":     {"max-size": "1m", "max-file": "3", "compress": "false"},
		"journald":  {"tag": "{{.Name}}", "labels": "a", "env": "B", "labels-regex": "^a", "env-regex": "^B"},
		"syslog": {"syslog-address": "udp://127.0.0.1:514", "syslog-facility": "daemon", "syslog-format": "rfc5424micro", "tag": "web",
			"labels": "a", "env": "B"},
		"gelf": {"gelf-address": "udp://127.0.0.1:12201", "gelf-compression-type": "gzip", "gelf-compression-level": "2", "tag": "web",
			"labels": "a", "env": "B"},
		"fluentd": {"fluentd-address": "127.0.0.1:24224", "fluentd-async": "true", "fluentd-buffer-limit": "1048576", "fluentd-retry-wait": "1s",
			"fluentd-max-retries": "3", "fluentd-sub-second-precision": "true", "tag": "web", "labels": "a", "env": "B"},
		"splunk": {"splunk-token": "t", "splunk-url": "https://127.0.0.1:8088", "splunk-source": "s", "splunk-sourcetype": "st", "splunk-index": "i",
			"splunk-format": "json", "splunk-verify-connection": "false", "splunk-gzip": "true", "splunk-insecureskipverify": "true", "tag": "web"},
		"none": {},
	} {
		t.Run(driver, func(t *testing.T) {
			given := maps.Clone(options)
			maps.Copy(given, map[string]string{"mode": "non-blocking", "max-buffer-size": "1m"})
			spec := h.spec("print", "something")
			spec.Definition.LogConfiguration = &structs.LogConfiguration{LogDriver: driver, Options: given}
			made, config := h.LogDriver(t, h.create(spec))
			if made != driver || !maps.Equal(config, given) {
				t.Errorf("the engine has %s with %v, want %v", made, config, given)
			}
		})
	}
}

// What the engine refuses about a log driver ends the task with its words: an option when the
// container is created, a service that does not answer when it starts.
func TestRefusedLogDrivers(t *testing.T) {
	h := newHarness(t)
	for _, c := range []struct {
		driver, key, value string
		name, want         string
	}{
		{"json-file", "max-sise", "1m", "CannotCreateContainerError", "unknown log opt 'max-sise' for json-file log driver"},
		{"gelf", "gelf-address", "http://x", "CannotCreateContainerError", "gelf"},
		{"splunk", "splunk-url", "https://127.0.0.1:1", "CannotStartContainerError", "splunk-token is expected"},
		{"fluentd", "fluentd-address", "127.0.0.1:1", "CannotStartContainerError", "failed to initialize logging driver"},
		{"syslog", "syslog-address", "tcp://127.0.0.1:1", "CannotStartContainerError", "failed to initialize logging driver"},
	} {
		spec := h.spec("print", "something")
		spec.Definition.LogConfiguration = &structs.LogConfiguration{LogDriver: c.driver, Options: map[string]string{c.key: c.value}}
		id, err := h.CreateContainer(t.Context(), spec)
		if err == nil {
			_, err = h.StartContainer(t.Context(), id)
		}
		docker.WantRuntimeError(t, err, c.name, c.want)
	}
}
