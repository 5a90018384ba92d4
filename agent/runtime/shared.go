package runtime

import (
	"cmp"
	"maps"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// Shared is what the containers of a task have in common besides their definition. The resources of
// the task provide it before the first container is created. The zero value is nothing.
type Shared struct {
	// NetworkOf, PidOf and IpcOf are the ids of containers whose namespaces the task's containers
	// join; empty: the modes of the definition hold.
	NetworkOf, PidOf, IpcOf string
	// CgroupParent is the cgroup that the containers' own are made in; empty: the engine's.
	CgroupParent string
	// CPULimit (units, 1,024 for each processor) and PIDsLimit are what each container may use at
	// most, for tasks without a cgroup of their own; zero: no limit.
	CPULimit, PIDsLimit int64
	// Mounts are the volumes of the task by their names in the definition.
	Mounts map[string]Mount
	// Environment has variables by the container's name in the definition, then by their own. They
	// win over the definition's, which win over Defaults.
	Environment, Defaults map[string]map[string]string
	// LogOptions has options of log drivers by the container's name, then by their own. They win
	// over the definition's.
	LogOptions map[string]map[string]string
	// Binds are mounts of containers, by their names in the definition, besides the definition's.
	Binds map[string][]Bind
	// Logging has log configurations by the container's name in the definition. They are used
	// instead of the definition's.
	Logging map[string]structs.LogConfiguration
	// Resolver is the DNS server of containers whose definition names none, and Search are the
	// domains in which they search; empty: the engine's.
	Resolver string
	Search   []string
}

// Bind is a directory or a file of the host that a container gets.
type Bind struct {
	HostPath string // it exists
	Path     string // in the container
	ReadOnly bool
}

// Mount is where the files of a volume come from: a directory of the host, or a volume of the
// engine. Exactly one is set.
type Mount struct {
	HostPath string
	Volume   string // its name
	// Existing means that the files are there already, and are not only this task's: the directory
	// is not made if it is missing, and nothing is copied into the volume from the image.
	Existing bool
}

// With returns what two resources of a task provide together.
func (s Shared) With(other Shared) Shared {
	for _, field := range []struct{ to, from *string }{
		{&s.NetworkOf, &other.NetworkOf}, {&s.PidOf, &other.PidOf}, {&s.IpcOf, &other.IpcOf},
		{&s.CgroupParent, &other.CgroupParent}, {&s.Resolver, &other.Resolver},
	} {
		if *field.from != "" {
			*field.to = *field.from
		}
	}
	s.CPULimit, s.PIDsLimit = cmp.Or(other.CPULimit, s.CPULimit), cmp.Or(other.PIDsLimit, s.PIDsLimit)
	if other.Search != nil {
		s.Search = other.Search
	}
	if len(other.Mounts) > 0 {
		mounts := maps.Clone(other.Mounts)
		maps.Copy(mounts, s.Mounts)
		s.Mounts = mounts
	}
	s.Environment = withVariables(s.Environment, other.Environment)
	s.Defaults = withVariables(s.Defaults, other.Defaults)
	s.LogOptions = withVariables(s.LogOptions, other.LogOptions)
	if len(other.Binds) > 0 {
		binds := maps.Clone(other.Binds)
		for name, list := range s.Binds {
			binds[name] = slices.Concat(list, binds[name])
		}
		s.Binds = binds
	}
	if len(other.Logging) > 0 {
		logging := maps.Clone(other.Logging)
		maps.Copy(logging, s.Logging)
		s.Logging = logging
	}
	return s
}

// withVariables returns the variables of two resources; where both have one, the second wins.
func withVariables(all, more map[string]map[string]string) map[string]map[string]string {
	if len(more) == 0 {
		return all
	}
	merged := map[string]map[string]string{}
	for _, from := range []map[string]map[string]string{all, more} {
		for name, variables := range from {
			if merged[name] == nil {
				merged[name] = map[string]string{}
			}
			maps.Copy(merged[name], variables)
		}
	}
	return merged
}
