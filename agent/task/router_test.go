package task

import (
	"slices"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// A router starts before the containers that log to it and ends after them, unless it depends on
// containers itself: then one of them may log to it.
func TestRouterStartsFirst(t *testing.T) {
	build := func(change func(router *structs.ContainerDefinition)) []container {
		list := containers("created", "created")
		list[0].seen.Name, list[1].seen.Name = "app", "router"
		app, router := &list[0].spec.Definition, &list[1].spec.Definition
		app.Name, router.Name = "app", "router"
		app.LogConfiguration = &structs.LogConfiguration{LogDriver: "awsfirelens"}
		router.FirelensConfiguration = &structs.FirelensConfiguration{Type: structs.FirelensFluentBit}
		change(router)
		for i := range list {
			list[i].needs = needsOf(&list[i].spec.Definition, list)
		}
		return list
	}
	first := build(func(*structs.ContainerDefinition) {})
	if want := []need{{first[1].key, "router", containerRan}}; !slices.Equal(first[0].needs, want) || first[1].needs != nil {
		t.Errorf("the app needs %+v, the router %+v", first[0].needs, first[1].needs)
	}
	after := build(func(router *structs.ContainerDefinition) {
		router.DependsOn = []structs.ContainerDependency{{ContainerName: "app", Condition: "START"}}
	})
	if after[0].needs != nil || len(after[1].needs) != 1 {
		t.Errorf("the app needs %+v, the router %+v", after[0].needs, after[1].needs)
	}
}
