package task

import (
	"reflect"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

func TestLinks(t *testing.T) {
	def := &structs.TaskDefinition{Family: "f", Revision: 3, ContainerDefinitions: []structs.ContainerDefinition{
		{Name: "web", Links: []string{"db:database", "cache"}}, {Name: "cache", Links: []string{"db"}}, {Name: "db"}, {Name: "side"},
	}}
	task := &structs.Task{ID: "0123456789abcdef"}
	specs := containerSpecs("i1", structs.Assignment{Task: task, Definition: def})
	want := []string{"gantry-f-3-db-0123456789ab:database", "gantry-f-3-cache-0123456789ab:cache"}
	if got := specs[0].Links; !reflect.DeepEqual(got, want) {
		t.Errorf("links %q, want %q", got, want)
	}
	var order []string
	for _, c := range linkedFirst(adopt(specs, task, nil, false)) {
		order = append(order, c.spec.Definition.Name)
	}
	if want := []string{"db", "cache", "web", "side"}; !reflect.DeepEqual(order, want) {
		t.Errorf("created in the order %q, want %q", order, want)
	}
}

// A circle, which cannot be registered, does no harm.
func TestCircleOfLinks(t *testing.T) {
	def := &structs.TaskDefinition{ContainerDefinitions: []structs.ContainerDefinition{{Name: "a", Links: []string{"b"}}, {Name: "b", Links: []string{"a"}}}}
	task := &structs.Task{ID: "t"}
	if n := len(linkedFirst(adopt(containerSpecs("i1", structs.Assignment{Task: task, Definition: def}), task, nil, false))); n != 2 {
		t.Errorf("%d containers, want two", n)
	}
}
