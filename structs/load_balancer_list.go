package structs

// LoadBalancerList is the native API's answer about load balancers: all of them by name, and all
// target groups by name.
type LoadBalancerList struct {
	Index         uint64             `json:"index"`
	LoadBalancers []LoadBalancerView `json:"loadBalancers"`
	TargetGroups  []TargetGroupView  `json:"targetGroups"`
}

// LoadBalancerView is a load balancer with its listeners, in the order of their ports.
type LoadBalancerView struct {
	LoadBalancer
	Listeners []ListenerView `json:"listeners"`
}

// ListenerView is a listener with its rules, in the order of their priorities.
type ListenerView struct {
	Listener
	Rules []*ListenerRule `json:"rules"`
}

// TargetGroupView is a target group with its targets: those of users first, then tasks.
type TargetGroupView struct {
	TargetGroup
	Targets []TargetView `json:"targets"`
}

// TargetView is a target and its state.
type TargetView struct {
	// Target is what a user registered; empty for a task.
	Target  string `json:"target,omitzero"`
	Task    string `json:"task,omitzero"`    // Task.ID
	Service string `json:"service,omitzero"` // Job.Name, of a task
	Cluster string `json:"cluster,omitzero"` // of a task
	Address string `json:"address"`
	Port    int32  `json:"port"`
	State   string `json:"state"` // initial, healthy, unhealthy or draining
	// Why is, in one line, why it is in any other state than healthy.
	Why   string `json:"why,omitzero"`
	Since Time   `json:"since,omitzero"`
}

// TrafficStatsList is what the ingress instances counted.
type TrafficStatsList struct {
	Instances []TrafficStats `json:"instances"`
	// Missing are the ingress instances that did not answer, with the reasons.
	Missing map[string]string `json:"missing,omitzero"`
}

// Why returns in one line why a target is in its state; empty if it is healthy.
func (h *TargetHealth) Why() string {
	switch h.State {
	case TargetHealthy:
		return ""
	case "", TargetInitial:
		if h.Description == "" {
			return "no check has passed yet"
		}
		return h.Description
	}
	why := h.Description
	if why == "" {
		why = h.Reason
	}
	n := 0
	for _, s := range h.Seen {
		if s.State == TargetUnhealthy {
			n++
		}
	}
	if len(h.Seen) > 1 {
		why += " (seen by " + Counted(n, "ingress instance") + " of " + portText(int32(len(h.Seen))) + ")"
	}
	return why
}
