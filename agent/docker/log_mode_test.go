package docker_test

import (
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// Every log driver of Docker that needs no other service accepts the options that agents fill in.
func TestLogModeOfEveryDriver(t *testing.T) {
	h := newHarness(t)
	for _, driver := range []string{"json-file", "local", "none"} {
		for _, options := range []map[string]string{{"mode": "blocking"}, {"mode": "non-blocking", "max-buffer-size": "10m"}} {
			spec := h.spec("print", "something")
			spec.Definition.LogConfiguration = &structs.LogConfiguration{LogDriver: driver, Options: options}
			if ended := h.waitExit(h.run(spec).ID); ended.ExitCode != 0 {
				t.Errorf("driver %s with %v: exit code %d: %s", driver, options, ended.ExitCode, ended.Error)
			}
		}
	}
}
