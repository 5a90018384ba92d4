package structs

// TaskFiles is what a task gets out of files that only servers can read.
type TaskFiles struct {
	// Environment has the variables of environment files, by the container's name in the
	// definition, then by their own.
	Environment map[string]map[string]string `json:"environment,omitzero"`
}
