package secrets

import (
	"context"
	"errors"
	"testing"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/task"
	"github.com/gantry-project/gantry/structs"
)

func assignment(c structs.ContainerDefinition) structs.Assignment {
	return structs.Assignment{
		Task:       &structs.Task{ID: "t1"},
		Definition: &structs.TaskDefinition{ContainerDefinitions: []structs.ContainerDefinition{{Name: "plain"}, c}},
	}
}

func TestNeeds(t *testing.T) {
	one := []structs.Secret{{Name: "S", ValueFrom: "s"}}
	for _, test := range []struct {
		of   structs.ContainerDefinition
		want bool
	}{
		{structs.ContainerDefinition{}, false},
		{structs.ContainerDefinition{LogConfiguration: &structs.LogConfiguration{LogDriver: "json-file"}}, false},
		{structs.ContainerDefinition{Secrets: one}, true},
		{structs.ContainerDefinition{LogConfiguration: &structs.LogConfiguration{SecretOptions: one}}, true},
	} {
		if got := New(nil).Needs(assignment(test.of)); got != test.want {
			t.Errorf("%+v: %t", test.of, got)
		}
	}
}

// The values become variables and log options. What the servers refuse ends the task; an error does
// not.
func TestPrepare(t *testing.T) {
	var asked structs.TaskSecretsRequest
	answer, failure := structs.TaskSecrets{
		Environment: map[string]map[string]string{"app": {"S": "v"}}, LogOptions: map[string]map[string]string{"app": {"token": "w"}},
	}, error(nil)
	s := New(func(_ context.Context, in structs.TaskSecretsRequest) (structs.TaskSecrets, error) {
		asked = in
		return answer, failure
	})
	got, err := s.Prepare(t.Context(), assignment(structs.ContainerDefinition{}))
	if err != nil || got.Environment["app"]["S"] != "v" || got.LogOptions["app"]["token"] != "w" || asked.Task != "t1" {
		t.Errorf("got %d variables, asked for %+v, error %v", len(got.Environment), asked, err)
	}
	answer = structs.TaskSecrets{Refused: "unable to pull secrets or registry auth: no"}
	_, err = s.Prepare(t.Context(), assignment(structs.ContainerDefinition{}))
	if refusal, ok := errors.AsType[*runtime.Error](err); !ok || refusal.Name != task.ResourceInitialization || refusal.Reason != answer.Refused {
		t.Errorf("refused: %v", err)
	}
	failure = context.DeadlineExceeded
	_, err = s.Prepare(t.Context(), assignment(structs.ContainerDefinition{}))
	if _, refused := errors.AsType[*runtime.Error](err); err == nil || refused {
		t.Errorf("no server: %v", err)
	}
}
