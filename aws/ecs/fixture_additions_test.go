package ecs

import (
	"strings"
	"testing"
)

// addFor adds what the request of a golden file needs, by its operation, its name and its text.
func (f *fixture) addFor(t *testing.T, operation, name, request string) {
	t.Helper()
	if strings.Contains(request, "external") {
		f.addTaskSets(t)
	}
	if strings.Contains(request, "$SHIFT_") {
		f.addGreen(t)
	}
	if strings.Contains(operation, "CapacityProvider") || strings.HasPrefix(name, "capacity") {
		f.addProviders(t)
	}
	if strings.Contains(operation, "AccountSetting") {
		f.addSettings(t)
	}
	if strings.HasPrefix(name, "network") {
		f.addFargate(t)
	}
	if strings.HasPrefix(name, "balancer") {
		f.addBalancers(t)
	}
	if strings.HasPrefix(name, "gpus") {
		f.addGPUs(t)
	}
	if strings.HasPrefix(name, "awsvpc_") {
		f.addNetwork(t)
	}
}
