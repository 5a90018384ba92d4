package place

import "time"

// missingStability excludes an instance for a while after it is back, if it was lost repeatedly.
func missingStability(_ *ask, h *host) int64 {
	if h.Instance.HeldUntil != 0 {
		return 1
	}
	return 0
}

func changeStability(_ *ask, h *host) string {
	return "a stay until " + h.Instance.HeldUntil.Std().UTC().Format(time.RFC3339)
}
