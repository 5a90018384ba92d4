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
}
