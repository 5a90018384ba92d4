package structs

import (
	"slices"
	"strconv"
)

// The types of a ResourceRequirement (ECS).
const (
	RequirementGPU         = "GPU"
	RequirementAccelerator = "InferenceAccelerator"
)

// GPUs returns how many GPUs the container needs exclusively.
func (c *ContainerDefinition) GPUs() (n int) {
	for _, r := range c.ResourceRequirements {
		if r.Type == RequirementGPU {
			count, _ := parseGPUs(r.Value)
			n += count
		}
	}
	return n
}

// SplitGPUs returns which of a task's GPUs each of its containers gets, in the order of the
// definition.
func (d *TaskDefinition) SplitGPUs(o *TaskOverride, ids []string) [][]string {
	split := make([][]string, len(d.ContainerDefinitions))
	for n, c := range d.ContainerDefinitions {
		c = c.WithOverride(o)
		mine := min(c.GPUs(), len(ids))
		if mine > 0 {
			split[n], ids = ids[:mine:mine], ids[mine:]
		}
	}
	return split
}

// HasGPU reports whether a task holds a GPU.
func (u *Usage) HasGPU(id string) bool {
	_, found := slices.BinarySearch(u.GPUs, id)
	return found
}

// FreeGPUs returns the GPUs that no task holds, in the order of the instance's list.
func (h *Host) FreeGPUs() (free []string) {
	for _, id := range h.Instance.GPUs {
		if !h.Usage.HasGPU(id) {
			free = append(free, id)
		}
	}
	return free
}

// parseGPUs reads the value of a requirement of type GPU. No machine has anywhere near 1,000.
func parseGPUs(value string) (n int, ok bool) {
	count, err := strconv.ParseUint(value, 10, 31)
	return int(count), err == nil && count > 0 && count <= maxGPUs
}

const maxGPUs = 1000

// invalidRequirements returns what is wrong with a list of requirements; empty if nothing is. The
// text follows the name of their field.
func invalidRequirements(list []ResourceRequirement) string {
	seen := map[string]bool{}
	for _, r := range list {
		if r.Type != RequirementGPU && r.Type != RequirementAccelerator {
			return ".type is '" + r.Type + "'; it must be " + RequirementGPU + " or " + RequirementAccelerator + "."
		}
		if seen[r.Type] && r.Type == RequirementGPU {
			return " has more than one entry of type GPU; give the number of GPUs in one."
		}
		seen[r.Type] = true
		if _, ok := parseGPUs(r.Value); !ok && r.Type == RequirementGPU && r.SharingStrategy == nil {
			return ".value is '" + r.Value + "'; for type GPU it must be a whole number from 1 to " + strconv.Itoa(maxGPUs) + "."
		}
	}
	return ""
}

// ValidateGPUs reports what is wrong with the ids of an instance's GPUs. Each is given to one task
// only, and NVIDIA's runtime reads them from a comma-separated list.
func (i *ContainerInstance) ValidateGPUs() error {
	for n, id := range i.GPUs {
		if id == "" || len(id) > maxName || !isPlain(id) {
			return Errorf(KindInvalidParameter, "gpus[%d]: '%s' is not the id of a GPU. Give its number or UUID, as nvidia-smi -L shows them.", n, id)
		}
		if slices.Contains(i.GPUs[:n], id) {
			return Errorf(KindInvalidParameter, "gpus[%d]: GPU '%s' is named twice.", n, id)
		}
	}
	if len(i.GPUs) > maxGPUs {
		return Errorf(KindInvalidParameter, "gpus: there are %d; an instance can have at most %d.", len(i.GPUs), maxGPUs)
	}
	return nil
}

// isPlain reports whether a text is printable ASCII without spaces or commas.
func isPlain(text string) bool {
	for _, r := range text {
		if r <= ' ' || r > '~' || r == ',' {
			return false
		}
	}
	return true
}
