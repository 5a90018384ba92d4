package task

import (
	"reflect"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

func TestContainerSpecs(t *testing.T) {
	def := &structs.TaskDefinition{
		Family: "web", Revision: 3, NetworkMode: "host", PidMode: "task", IpcMode: "none", Memory: "1 GB",
		ContainerDefinitions: []structs.ContainerDefinition{
			{Name: "app", Image: "app", Cpu: 10, Memory: new(int32(64)), Command: []string{"run"},
				Environment: []structs.KeyValuePair{{Name: "A", Value: "1"}, {Name: "B", Value: "2"}}},
			{Name: "side_car", Image: "side", ResourceRequirements: []structs.ResourceRequirement{{Type: structs.RequirementGPU, Value: "1"}}},
		},
	}
	over := &structs.TaskOverride{Memory: "512", ContainerOverrides: []structs.ContainerOverride{{
		Name: "app", Command: []string{"walk"}, Memory: new(int32(128)),
		ResourceRequirements: []structs.ResourceRequirement{{Type: structs.RequirementGPU, Value: "2"}},
		Environment:          []structs.KeyValuePair{{Name: "B", Value: "3"}, {Name: "C", Value: "4"}},
	}}}
	task := &structs.Task{ID: "0123456789abcdef0123456789abcdef", Cluster: "prod", GPUs: []string{"0", "1", "2"}}

	specs := containerSpecs("i1", structs.Assignment{Task: task, Definition: def, Overrides: over})

	app, side := specs[0], specs[1]
	if app.Name != "gantry-web-3-app-0123456789ab" || side.Name != "gantry-web-3-side_car-0123456789ab" {
		t.Errorf("names %q and %q", app.Name, side.Name)
	}
	want := map[string]string{"gantry.instance": "i1", "gantry.cluster": "prod", "gantry.task": task.ID,
		"gantry.container": "app", "gantry.definition": "web:3"}
	if !reflect.DeepEqual(app.Labels, want) {
		t.Errorf("labels %v", app.Labels)
	}
	if app.MemoryLimit != 128 || side.MemoryLimit != 512 {
		t.Errorf("memory limits %d and %d: the container's own, else the task's", app.MemoryLimit, side.MemoryLimit)
	}
	if !reflect.DeepEqual([][]string{app.GPUs, side.GPUs}, [][]string{{"0", "1"}, {"2"}}) {
		t.Errorf("GPUs %q and %q", app.GPUs, side.GPUs)
	}
	env := []structs.KeyValuePair{{Name: "A", Value: "1"}, {Name: "B", Value: "3"}, {Name: "C", Value: "4"}}
	if !reflect.DeepEqual(app.Definition.Environment, env) || app.Definition.Command[0] != "walk" {
		t.Errorf("environment %v, command %v", app.Definition.Environment, app.Definition.Command)
	}
	if side.NetworkMode != "host" || side.PidMode != "task" || side.IpcMode != "none" {
		t.Errorf("modes %q %q %q", side.NetworkMode, side.PidMode, side.IpcMode)
	}
	if def.ContainerDefinitions[0].Command[0] != "run" || def.ContainerDefinitions[0].Environment[1].Value != "2" {
		t.Error("the override changed the definition itself")
	}
}

func TestContainerNamesAreOnesThatDockerTakes(t *testing.T) {
	def := &structs.TaskDefinition{Family: "süß/web", Revision: 1}
	if got := containerName(def, "a b", "0123456789abcdef"); got != "gantry-s---web-1-a-b-0123456789ab" {
		t.Errorf("got %q", got)
	}
}

// A log driver without a mode gets the account's, and a buffer of ECS's size if it does not block.
func TestLogMode(t *testing.T) {
	logOf := func(options map[string]string) *structs.LogConfiguration {
		return &structs.LogConfiguration{LogDriver: "json-file", Options: options}
	}
	for _, test := range []struct {
		log  *structs.LogConfiguration
		mode string
		want map[string]string
	}{
		{nil, "non-blocking", nil},
		{logOf(nil), "non-blocking", map[string]string{"mode": "non-blocking", "max-buffer-size": "10m"}},
		{logOf(map[string]string{"max-buffer-size": "1m", "max-size": "5m"}), "non-blocking", map[string]string{"mode": "non-blocking", "max-buffer-size": "1m", "max-size": "5m"}},
		{logOf(nil), "blocking", map[string]string{"mode": "blocking"}},
		{logOf(map[string]string{"mode": "blocking"}), "non-blocking", map[string]string{"mode": "blocking"}},
		{logOf(map[string]string{"mode": "non-blocking"}), "blocking", map[string]string{"mode": "non-blocking", "max-buffer-size": "10m"}},
	} {
		def := &structs.TaskDefinition{Family: "web", Revision: 1, ContainerDefinitions: []structs.ContainerDefinition{{Name: "app", LogConfiguration: test.log}}}
		specs := containerSpecs("i1", structs.Assignment{Task: &structs.Task{ID: "t1"}, Definition: def, LogMode: test.mode})
		got := specs[0].Definition.LogConfiguration
		if test.log == nil {
			if got != nil {
				t.Errorf("without a log driver: %+v", got)
			}
			continue
		}
		if !reflect.DeepEqual(got.Options, test.want) || got.LogDriver != "json-file" {
			t.Errorf("%v of an account with %q: %+v, want %v", test.log.Options, test.mode, got, test.want)
		}
	}
	kept := logOf(map[string]string{})
	withLogMode(kept, "blocking")
	if len(kept.Options) != 0 {
		t.Error("the definition itself has changed")
	}
}
