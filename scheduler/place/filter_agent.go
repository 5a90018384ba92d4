package place

// missingAgent excludes instances whose agent is not connected: they cannot start a task.
func missingAgent(_ *ask, h *host) int64 {
	if h.Instance.AgentConnected {
		return 0
	}
	return 1
}

func detailAgent(*ask, *host) string { return "no server hears the agent" }

func changeAgent(*ask, *host) string { return "a connected agent" }
