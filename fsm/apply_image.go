package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// pinImages keeps the digests that were proposed first. No evaluation follows: what a deployment
// runs does not change how many tasks it has, or where.
func pinImages(tx *state.Tx, _ uint64, cmd structs.PinImages) (string, error) {
	old := tx.Deployment(cmd.Deployment)
	if old == nil {
		return "", structs.ErrDeploymentNotFound()
	}
	d := *old
	d.Images = slices.Clone(d.Images)
	for _, p := range cmd.Images {
		if structs.PinnedDigest(d.Images, p.Container) == "" {
			d.Images = append(d.Images, p)
		}
	}
	if len(d.Images) > len(old.Images) {
		tx.PutDeployment(&d)
	}
	return d.ID, nil
}
