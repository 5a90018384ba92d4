package docker

import (
	"testing"

	"github.com/docker/docker/api/types/events"

	"github.com/gantry-project/gantry/structs"
)

// TestEndedByEvent: the event of a container's end says how, and whether a process of it was killed for lack of memory,
// if all its events were seen.
func TestEndedByEvent(t *testing.T) {
	started, starved := events.ActionStart, events.ActionOOM
	tests := map[string]struct {
		before []events.Action
		code   string
		want   structs.RuntimeEvent
	}{
		"exit":                       {[]events.Action{started}, "3", structs.RuntimeEvent{Ended: true, ExitCode: 3}},
		"killed":                     {[]events.Action{started}, "137", structs.RuntimeEvent{}}, // the engine may know more
		"out of memory":              {[]events.Action{started, starved}, "137", structs.RuntimeEvent{Ended: true, ExitCode: 137, OOMKilled: true}},
		"a child ran out of memory":  {[]events.Action{started, starved}, "0", structs.RuntimeEvent{Ended: true, OOMKilled: true}},
		"an event without exit code": {[]events.Action{started}, "", structs.RuntimeEvent{}},
		"a start that was not seen":  {nil, "0", structs.RuntimeEvent{}},
		"the half of what happened":  {[]events.Action{starved}, "0", structs.RuntimeEvent{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			seen := history{}
			actor := events.Actor{ID: "c", Attributes: map[string]string{structs.LabelTask: "t", "exitCode": test.code}}
			for _, action := range test.before {
				seen.translate(events.Message{Action: action, Actor: actor})
			}
			test.want.ID, test.want.Task = "c", "t"
			got := seen.translate(events.Message{Action: events.ActionDie, Actor: actor, TimeNano: 5e6})
			if test.want.Ended {
				test.want.At = 5
			}
			if got != test.want || len(seen) > 0 {
				t.Errorf("got %+v and remembers %v, want %+v", got, seen, test.want)
			}
		})
	}
}
