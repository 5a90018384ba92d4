package task

import (
	"context"
	"testing"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

type named string

func (n named) Name() string                                 { return string(n) }
func (named) Needs(structs.Assignment) bool                  { return true }
func (named) Release(context.Context, string) error          { return nil }
func (named) Sweep(context.Context, func(string) bool) error { return nil }
func (named) Prepare(context.Context, structs.Assignment) (runtime.Shared, error) {
	return runtime.Shared{}, nil
}

// Containers are created once every resource is there, and resources go once every container is
// down.
func TestDecideResources(t *testing.T) {
	net := func(change func(*resource)) []resource {
		r := resource{Resource: named("network")}
		change(&r)
		return []resource{r}
	}
	for _, c := range []struct {
		containers []container
		resources  []resource
		stop       bool
		want       string
	}{
		{containers("none"), net(func(*resource) {}), false, "prepare network, pull a"},
		{containers("pulled"), net(func(*resource) {}), false, "prepare network"},
		{containers("pulled"), net(func(r *resource) { r.prepared = true }), false, "create a"},
		{containers("running"), net(func(*resource) {}), false, "prepare network"}, // adopted
		{containers("running"), net(func(r *resource) { r.prepared = true }), false, "wait"},
		{containers("pulled"), net(func(r *resource) { r.failed = "no" }), false, "release network"},
		{containers("running"), net(func(r *resource) { r.prepared = true }), true, "end a"},
		{containers("ended"), net(func(r *resource) { r.prepared = true }), true, "release network"},
		{containers("ended"), net(func(r *resource) { r.released = true }), true, "finish"},
	} {
		w := toRun
		if c.stop {
			w = toStop
		}
		if got := decide(w, c.containers, c.resources, nil).words(); got != c.want {
			t.Errorf("decide(%t, %+v, %+v): %s, want %s", c.stop, c.containers, c.resources, got, c.want)
		}
	}
}

type beforeCreate struct{ named }

func (beforeCreate) OnlyBeforeCreate() {}

// What only the creation of containers needs is left out once all of them exist: an agent that
// adopts a task need not get it.
func TestBeforeCreate(t *testing.T) {
	all := []Resource{named("network"), beforeCreate{"secrets"}}
	for _, c := range []struct {
		containers []container
		want       int
	}{
		{containers("none"), 2}, {containers("pulled"), 2}, {containers("running", "none"), 2},
		{containers("created"), 1}, {containers("running"), 1}, {containers("running", "ended"), 1},
	} {
		if got := resourcesOf(all, structs.Assignment{Task: new(structs.Task), Definition: new(structs.TaskDefinition)}, c.containers); len(got) != c.want || got[0].Name() != "network" {
			t.Errorf("%+v: %d resources, want %d", c.containers, len(got), c.want)
		}
	}
}
