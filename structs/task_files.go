package structs

// TaskFiles is what a task gets out of files that only servers can read.
type TaskFiles struct {
	// Environment has the variables of environment files, by the container's name in the
	// definition, then by their own.
	Environment map[string]map[string]string `json:"environment,omitzero"`
	// Files are the files of its job file, in the order of the definition, and Version is that of
	// the job that changed them last.
	Files   []TaskFile `json:"files,omitzero"`
	Version int        `json:"version,omitzero"`
}

// TaskFile is a file of a task with its content.
type TaskFile struct {
	Container string `json:"container"`
	Path      string `json:"path"`
	Content   []byte `json:"content"`
	Mode      uint32 `json:"mode"`
	UID       int    `json:"uid"` // -1: the agent's user
	GID       int    `json:"gid"` // -1: the agent's group
	InPlace   bool   `json:"inPlace,omitzero"`
	Signal    string `json:"signal,omitzero"` // after an update; empty: none
}
