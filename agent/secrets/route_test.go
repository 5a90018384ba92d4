package secrets

import (
	"encoding/json"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// Secret options of containers that log to the router are variables of the router; those of other
// log drivers stay options.
func TestOptionsOfARouter(t *testing.T) {
	routed := &structs.LogConfiguration{LogDriver: "awsfirelens"}
	d := &structs.TaskDefinition{ContainerDefinitions: []structs.ContainerDefinition{
		{Name: "router", FirelensConfiguration: &structs.FirelensConfiguration{Type: "fluentbit"}},
		{Name: "a", LogConfiguration: routed}, {Name: "b", LogConfiguration: routed},
		{Name: "other", LogConfiguration: &structs.LogConfiguration{LogDriver: "splunk"}},
	}}
	got := structs.TaskSecrets{
		Environment: map[string]map[string]string{"router": {"OWN": "1"}, "a": {"A": "2"}},
		LogOptions:  map[string]map[string]string{"a": {"key": "3"}, "b": {"key": "4"}, "other": {"splunk-token": "5"}},
	}
	environment, options := route(d, got)
	text, _ := json.Marshal([]any{environment, options})
	if want := `[{"a":{"A":"2"},"router":{"OWN":"1","key_1":"3","key_2":"4"}},{"other":{"splunk-token":"5"}}]`; string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	if len(got.LogOptions) != 3 || len(got.Environment["router"]) != 1 {
		t.Errorf("the answer was changed: %+v", got)
	}
}
