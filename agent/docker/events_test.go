package docker

import (
	"testing"

	"github.com/docker/docker/api/types/events"

	"github.com/gantry-project/gantry/structs"
)

// TestEndedByEvent: the event of a container's end says how, and memory is blamed for no other death than SIGKILL's.
func TestEndedByEvent(t *testing.T) {
	tests := map[string]struct {
		before events.Action
		code   string
		want   structs.RuntimeEvent
	}{
		"exit":                       {"", "3", structs.RuntimeEvent{Ended: true, ExitCode: 3}},
		"killed":                     {"", "137", structs.RuntimeEvent{Ended: true, ExitCode: 137}},
		"out of memory":              {events.ActionOOM, "137", structs.RuntimeEvent{Ended: true, ExitCode: 137, OOMKilled: true}},
		"a child ran out of memory":  {events.ActionOOM, "0", structs.RuntimeEvent{Ended: true}},
		"an event without exit code": {"", "", structs.RuntimeEvent{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			killed := map[string]bool{}
			actor := events.Actor{ID: "c", Attributes: map[string]string{structs.LabelTask: "t", "exitCode": test.code}}
			if test.before != "" {
				translateEvent(events.Message{Action: test.before, Actor: actor}, killed)
			}
			test.want.ID, test.want.Task = "c", "t"
			got := translateEvent(events.Message{Action: events.ActionDie, Actor: actor, TimeNano: 5e6}, killed)
			if test.want.Ended {
				test.want.At = 5
			}
			if got != test.want || len(killed) > 0 {
				t.Errorf("got %+v and remembers %v, want %+v", got, killed, test.want)
			}
		})
	}
}
