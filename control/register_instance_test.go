package control_test

import (
	"slices"
	"testing"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

func TestRegisterInstanceWithGPUs(t *testing.T) {
	n := singlenode.New(t)
	_, err := n.Control.RegisterInstance(t.Context(), structs.ContainerInstance{GPUs: []string{"0", "0"}})
	expectError(t, err, structs.KindInvalidParameter, "gpus[1]: GPU '0' is named twice.")
	made, err := n.Control.RegisterInstance(t.Context(), structs.ContainerInstance{GPUs: []string{"1", "0"}})
	noError(t, err)
	if !slices.Equal(made.GPUs, []string{"1", "0"}) {
		t.Errorf("registered as %+v", made)
	}
}
