package metadata

import (
	"encoding/json"

	"github.com/gantry-project/gantry/structs"
)

// The answers of version 4 of ECS's task metadata endpoint:
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-response.html
// Version 3 has less; its clients get the same.

// taskJSON is a task.
type taskJSON struct {
	Cluster            string
	TaskARN            string
	Family             string
	Revision           string
	ServiceName        string `json:",omitzero"`
	DesiredStatus      string
	KnownStatus        string
	Limits             *limitsJSON `json:",omitzero"`
	PullStartedAt      *stamp      `json:",omitzero"`
	PullStoppedAt      *stamp      `json:",omitzero"`
	ExecutionStoppedAt *stamp      `json:",omitzero"`
	AvailabilityZone   string      `json:",omitzero"`
	LaunchType         string
	Containers         []containerJSON `json:",omitzero"`

	TaskTags              map[string]string `json:",omitzero"`
	ContainerInstanceTags map[string]string `json:",omitzero"`
	Errors                []errorJSON       `json:",omitzero"`

	FaultInjectionEnabled bool
}

// errorJSON says why tags are missing.
type errorJSON struct {
	ErrorField, ErrorCode, ErrorMessage string
	StatusCode                          int
	RequestId, ResourceARN              string
}

// limitsJSON has the CPU in processors of a task, and in units of a container; memory in MiB.
type limitsJSON struct {
	CPU    *float64 `json:",omitzero"`
	Memory *int64   `json:",omitzero"`
}

// containerJSON is a container.
type containerJSON struct {
	DockerId      string
	Name          string
	DockerName    string
	Image         string
	ImageID       string
	Ports         []portJSON        `json:",omitzero"`
	Labels        map[string]string `json:",omitzero"`
	DesiredStatus string
	KnownStatus   string
	ExitCode      *int32 `json:",omitzero"`
	Limits        limitsJSON
	CreatedAt     *stamp `json:",omitzero"`
	StartedAt     *stamp `json:",omitzero"`
	FinishedAt    *stamp `json:",omitzero"`
	Type          string
	Health        *healthJSON       `json:",omitzero"`
	Volumes       []volumeJSON      `json:",omitzero"`
	LogDriver     string            `json:",omitzero"`
	LogOptions    map[string]string `json:",omitzero"`
	ContainerARN  string
	Networks      []networkJSON `json:",omitzero"`
	RestartCount  *int32        `json:",omitzero"`
}

type portJSON struct {
	ContainerPort int32 `json:",omitzero"`
	Protocol      string
	HostPort      int32  `json:",omitzero"`
	HostIp        string `json:",omitzero"`
}

type healthJSON struct {
	Status   string `json:"status,omitzero"`
	Since    *stamp `json:"statusSince,omitzero"`
	ExitCode int    `json:"exitCode,omitzero"`
	Output   string `json:"output,omitzero"`
}

type volumeJSON struct {
	DockerName  string `json:",omitzero"`
	Source      string `json:",omitzero"`
	Destination string `json:",omitzero"`
}

type networkJSON struct {
	NetworkMode   string   `json:",omitzero"`
	IPv4Addresses []string `json:",omitzero"`
	IPv6Addresses []string `json:",omitzero"`
	// these of awsvpc tasks only
	AttachmentIndex *int   `json:",omitzero"`
	MACAddress      string `json:",omitzero"`
	PrivateDNSName  string `json:",omitzero"`
}

// stamp is a time as ECS writes it.
type stamp structs.Time

func stampOf(t structs.Time) *stamp {
	if t == 0 {
		return nil
	}
	s := stamp(t)
	return &s
}

// MarshalJSON writes RFC 3339 in UTC with fractions of a second.
func (s stamp) MarshalJSON() ([]byte, error) {
	return json.Marshal(structs.Time(s).Std().UTC().Format("2006-01-02T15:04:05.999Z"))
}
