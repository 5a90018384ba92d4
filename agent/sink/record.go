package sink

import (
	"time"

	"github.com/gantry-project/gantry/structs"
)

// record is an event as targets get it. The names of its members are for users.
type record struct {
	Time      string `json:"time" codec:"-"` // RFC 3339, in UTC; the forward protocol has it beside the record
	Log       string `json:"log" codec:"log"`
	Source    string `json:"source,omitempty" codec:"source,omitempty"` // stdout or stderr
	Container string `json:"container" codec:"container"`
	Task      string `json:"task" codec:"task"` // its id
	Service   string `json:"service,omitempty" codec:"service,omitempty"`
	Cluster   string `json:"cluster" codec:"cluster"`
	Instance  string `json:"instance" codec:"instance"` // its id
	Group     string `json:"group,omitempty" codec:"group,omitempty"`
	Stream    string `json:"stream,omitempty" codec:"stream,omitempty"`
	// Dropped is how many lines before this one were dropped.
	Dropped int64 `json:"dropped,omitempty" codec:"dropped,omitempty"`
}

func recordOf(s *structs.LogStream, e *structs.LogEvent) record {
	return record{
		Time: e.Time.Std().UTC().Format(time.RFC3339Nano), Log: e.Message, Source: e.Source, Container: s.Container, Task: s.Task,
		Service: s.Service, Cluster: s.Cluster, Instance: s.Instance, Group: s.Group, Stream: s.Name, Dropped: e.Dropped,
	}
}
