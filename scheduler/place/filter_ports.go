package place

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// missingPorts counts the fixed host ports that are taken, either by a task, which also holds the
// ports that Docker chose for it, or by the instance, which reserves some (ssh, the engine).
func missingPorts(a *ask, h *host) (taken int64) {
	for _, p := range a.need.Ports {
		if portTaken(h, p) {
			taken++
		}
	}
	return taken
}

func portTaken(h *host, p structs.Port) bool {
	return h.Usage.HasPort(p) || slices.Contains(h.Instance.Registered.Ports, p)
}

func detailPorts(a *ask, h *host) string { return "taken: " + takenPorts(a, h) }

// changePorts suggests no change if a task of the same job holds a port: that task should stay.
func changePorts(a *ask, h *host) string {
	if h.taken > 0 {
		return ""
	}
	for t := range a.request.View.InstanceTasks(h.Instance.ID) {
		if t.Job == a.request.Job.ID && slices.ContainsFunc(t.HostPorts(), func(p structs.Port) bool { return slices.Contains(a.need.Ports, p) }) {
			return ""
		}
	}
	return takenPorts(a, h) + " free"
}

func takenPorts(a *ask, h *host) string {
	var taken []string
	for _, p := range a.need.Ports {
		if portTaken(h, p) {
			taken = append(taken, fmt.Sprintf("port %d/%s", p.Number, p.Protocol))
		}
	}
	return strings.Join(taken, ", ")
}
