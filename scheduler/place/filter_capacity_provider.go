package place

import (
	"strings"
)

// provision is what the capacity provider of a task requires of an instance.
type provision struct {
	label string   // the capacity provider that the instance must name; empty: none
	names []string // the providers, for messages
}

// missingProvider restricts tasks for a capacity provider to its instances. Tasks for no provider
// go to any.
func missingProvider(a *ask, h *host) int64 {
	if a.provider == nil || h.Instance.CapacityProvider == a.provider.label {
		return 0
	}
	return 1
}

func detailProvider(a *ask, h *host) string {
	belongs := "the instance belongs to no capacity provider"
	if name := h.Instance.CapacityProvider; name != "" {
		belongs = "the instance belongs to capacity provider " + name
	}
	return belongs + ", the task is for " + a.provider.String()
}

// changeProvider suggests no change of an instance that belongs to another provider, because that
// is intended.
func changeProvider(a *ask, h *host) string {
	if h.Instance.CapacityProvider != "" {
		return ""
	}
	return "an agent started with --capacity-provider " + a.provider.label
}

func (p *provision) String() string { return strings.Join(p.names, " or ") }

// newInstance describes a new instance of the provider, for a remedy.
func (p *provision) newInstance() string {
	if p.label == "" {
		return " of no capacity provider"
	}
	return " of capacity provider " + p.label
}
