package place

import (
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// missingCapabilities counts the capabilities that tasks cannot do without and the instance's agent
// does not report, such as to run privileged containers.
func missingCapabilities(a *ask, h *host) int64 {
	return int64(len(lackedCapabilities(a, h)))
}

func lackedCapabilities(a *ask, h *host) (lacked []string) {
	for _, name := range a.capabilities {
		if _, ok := h.Attribute(name); !ok {
			lacked = append(lacked, name)
		}
	}
	return lacked
}

func detailCapabilities(a *ask, h *host) string {
	return "the instance has no attribute " + strings.Join(lackedCapabilities(a, h), " and ") +
		", the task definition asks for that"
}

// changeCapabilities names the one capability that an operator can give to an agent.
func changeCapabilities(a *ask, h *host) string {
	lacked := lackedCapabilities(a, h)
	if len(lacked) != 1 {
		return ""
	}
	switch lacked[0] {
	case structs.AttributePrivileged:
		return "the agent's flag --allow-privileged"
	case structs.AttributeTaskRole, structs.AttributeTaskRoleHost:
		return "an agent that runs as root beside its engine, so that tasks find the keys of their role"
	}
	return ""
}
