package structs

// Deploy asks for an exposed service that runs an image, or for another image or other settings of
// one that exists (gantry deploy). Zero values leave what the service has; in a new one they have
// the defaults.
type Deploy struct {
	Name    string `json:"name"`
	Cluster string `json:"cluster,omitzero"` // empty: default
	Image   string `json:"image"`
	Port    int32  `json:"port,omitzero"` // of the container; 80 in a new service
	Count   *int   `json:"count,omitzero"`
	// Hosts, if not empty, replace all host names.
	Hosts      []string `json:"hosts,omitzero"`
	Path       string   `json:"path,omitzero"`
	HealthPath string   `json:"healthPath,omitzero"`
	CPU        int32    `json:"cpu,omitzero"`    // 1024 for one processor; 256 in a new service
	Memory     int32    `json:"memory,omitzero"` // MiB; 512 in a new service
	// Environment is added to the container's; Unset are names that are removed from it.
	Environment []KeyValuePair `json:"environment,omitzero"`
	Unset       []string       `json:"unsetEnvironment,omitzero"`
	// Command, if not nil, replaces the container's; an empty one is the image's own.
	Command []string `json:"command,omitzero"`
	// Force starts a deployment even if nothing else changes: the tag of the image may name another
	// image now.
	Force bool `json:"forceNewDeployment,omitzero"`
}

// The defaults of a service that Deploy makes.
const (
	DeployPort   = 80
	DeployCPU    = 256
	DeployMemory = 512
)

// Deployed is the native API's answer to a Deploy or an undo.
type Deployed struct {
	JobPut
	// Image is what its exposed container runs now, and WasImage what it ran before; empty if the
	// service is new.
	Image    string `json:"image"`
	WasImage string `json:"wasImage,omitzero"`
	// Undone is the version that an undo went back from, and RestoredOf the one whose settings it
	// has brought back.
	Undone     int `json:"undoneVersion,omitzero"`
	RestoredOf int `json:"restoredVersion,omitzero"`
}

// ContainerIn returns the name of the exposed container in a definition; empty if it has none of
// the name.
func (e *Expose) ContainerIn(d *TaskDefinition) string {
	if i := exposedContainer(e, d.ContainerDefinitions); i >= 0 {
		return d.ContainerDefinitions[i].Name
	}
	return ""
}

// SpecWith returns the job file that a Deploy asks for. present is the service as a job file; nil
// if there is none.
func (in *Deploy) SpecWith(present *JobSpec) (*JobSpec, error) {
	s := present
	if s == nil {
		s = NewJobSpec(JobService)
		s.Name, s.Cluster, s.Count = in.Name, in.Cluster, in.Count
		s.Update.CircuitBreaker, s.Update.Rollback = true, true
		s.Containers = []ContainerDefinition{{Name: in.Name, Cpu: DeployCPU, Memory: new(int32(DeployMemory))}}
	}
	if err := in.expose(s); err != nil {
		return nil, err
	}
	if in.Count != nil {
		s.Count = in.Count
	}
	i := exposedContainer(s.Expose, s.Containers)
	if i < 0 {
		return nil, Errorf(KindInvalidParameter, "expose.container: there is no container %q", s.Expose.Container)
	}
	if s.Expose.Container == "" && len(s.Containers) > 1 && !mapsPort(&s.Containers[i], s.Expose.Port) {
		return nil, Errorf(KindInvalidParameter, "port: %s has %d containers, and none of them maps port %d; give the port of one, or use a job file",
			in.Name, len(s.Containers), s.Expose.Port)
	}
	in.applyTo(&s.Containers[i])
	return s, nil
}

// expose sets how the service is reached.
func (in *Deploy) expose(s *JobSpec) error {
	e := Expose{Port: DeployPort}
	if s.Expose != nil {
		e = *s.Expose
	} else if len(s.Containers) == 1 && len(s.Containers[0].PortMappings) > 0 {
		e.Port = deref(s.Containers[0].PortMappings[0].ContainerPort)
	}
	if in.Port != 0 && in.Port != e.Port {
		if i := exposedContainer(&e, s.Containers); i >= 0 && len(s.Containers) == 1 {
			s.Containers[i].PortMappings = nil // Definition maps the new one
		}
		e.Port = in.Port
	}
	if len(in.Hosts) > 0 {
		e.Hosts = in.Hosts
	}
	setText(&e.Path, in.Path)
	setText(&e.HealthPath, in.HealthPath)
	s.Expose = &e
	return nil
}

// applyTo changes the container that has the image.
func (in *Deploy) applyTo(c *ContainerDefinition) {
	setText(&c.Image, in.Image)
	if in.CPU != 0 {
		c.Cpu = in.CPU
	}
	if in.Memory != 0 {
		c.Memory = new(in.Memory)
		if c.MemoryReservation != nil && *c.MemoryReservation > in.Memory {
			c.MemoryReservation = new(in.Memory)
		}
	}
	if in.Command != nil {
		c.Command = in.Command
	}
	var kept []KeyValuePair
	for _, v := range c.Environment {
		if !in.replaces(v.Name) {
			kept = append(kept, v)
		}
	}
	c.Environment = append(kept, in.Environment...)
}

func (in *Deploy) replaces(name string) bool {
	for _, v := range in.Environment {
		if v.Name == name {
			return true
		}
	}
	for _, unset := range in.Unset {
		if unset == name {
			return true
		}
	}
	return false
}

func setText(to *string, text string) {
	if text != "" {
		*to = text
	}
}
