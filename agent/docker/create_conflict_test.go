package docker

import (
	"testing"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"github.com/gantry-project/gantry/agent/runtime"
)

func TestCreateWhenTheNameGoesAwayMeanwhile(t *testing.T) {
	e := newFakeEngine(&fakeAPI{
		create: func(*container.Config, *container.HostConfig) (container.CreateResponse, error) {
			return container.CreateResponse{}, errdefs.ErrConflict.WithMessage("name is taken")
		},
		inspect: func() (container.InspectResponse, error) { return container.InspectResponse{}, errdefs.ErrNotFound },
	})
	_, err := e.CreateContainer(t.Context(), runtime.ContainerSpec{Name: "c", Labels: map[string]string{runtime.LabelInstance: "i1"}})
	WantRuntimeError(t, err, cannotCreate, "name is taken")
}
