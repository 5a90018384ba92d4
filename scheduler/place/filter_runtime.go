package place

// missingRuntime excludes instances whose container engine does not answer: they cannot start a
// task.
func missingRuntime(_ *ask, h *host) int64 {
	if h.Instance.Impaired() {
		return 1
	}
	return 0
}

func changeRuntime(*ask, *host) string { return "a container engine that answers" }

// detailTrouble returns what keeps an instance from starting tasks.
func detailTrouble(_ *ask, h *host) string { return h.Instance.Trouble() }
