package docker_test

import (
	"testing"

	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/agent/runtime"
)

func TestCreateWithoutImage(t *testing.T) {
	h := newHarness(t)
	spec := h.spec()
	spec.Definition.Image = "127.0.0.1:1/gantry/nope:1"
	_, err := h.CreateContainer(t.Context(), spec)
	docker.WantRuntimeError(t, err, "CannotCreateContainerError", "No such image")
}

func TestCreateIsIdempotentByName(t *testing.T) {
	h := newHarness(t)
	spec := h.spec("sleep")
	first := h.create(spec)
	if again := h.create(spec); again != first {
		t.Errorf("created %s and then %s under one name", first, again)
	}
	spec.Labels[runtime.LabelTask] = "task-2"
	_, err := h.CreateContainer(t.Context(), spec)
	docker.WantRuntimeError(t, err, "CannotCreateContainerError", spec.Name, first[:12])
}

func TestCreateRefusesAnotherInstancesLabel(t *testing.T) {
	h := newHarness(t)
	spec := h.spec("sleep")
	spec.Labels[runtime.LabelInstance] = "another"
	_, err := h.CreateContainer(t.Context(), spec)
	docker.WantRuntimeError(t, err, "CannotCreateContainerError", "another")
}
