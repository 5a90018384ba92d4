package loggroups

import (
	"context"
	"errors"
	"testing"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// A refusal ends the task in ECS's words; without a server it is tried again.
func TestPrepare(t *testing.T) {
	as := structs.Assignment{Task: &structs.Task{ID: "t1"}, MissingLogGroup: true}
	var answer error
	g := &Groups{Ensure: func(_ context.Context, task string) error {
		if task != "t1" {
			t.Errorf("asked for task %s", task)
		}
		return answer
	}}
	if !g.Needs(as) || g.Needs(structs.Assignment{Task: as.Task}) {
		t.Error("only tasks without a log group need one")
	}
	if _, err := g.Prepare(t.Context(), as); err != nil {
		t.Error(err)
	}
	answer = structs.ErrLogGroupMissing("/ecs/web")
	_, err := g.Prepare(t.Context(), as)
	var ends *runtime.Error
	if !errors.As(err, &ends) || ends.Name != "ResourceInitializationError" || ends.Reason != answer.Error() {
		t.Errorf("got %v", err)
	}
	answer = structs.ErrNoLeader()
	if _, err := g.Prepare(t.Context(), as); err == nil || errors.As(err, &ends) {
		t.Errorf("without a leader: %v", err)
	}
}
