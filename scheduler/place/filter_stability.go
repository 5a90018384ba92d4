package place

import "time"

// missingStability: an instance that was lost repeatedly takes nothing for a while after it is
// back.
func missingStability(_ *ask, h *host) int64 {
	if h.Instance.HeldUntil != 0 {
		return 1
	}
	return 0
}

func changeStability(_ *ask, h *host) string {
	return "a stay until " + h.Instance.HeldUntil.Std().UTC().Format(time.RFC3339)
}
