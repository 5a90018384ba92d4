package control

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// UpdateAgent always fails: an agent is the gantry binary on its machine, which Gantry does not
// replace.
func (c *Control) UpdateAgent(ctx context.Context, cluster, id string) error {
	snap, err := c.Read(ctx)
	if err != nil {
		return err
	}
	if _, err := activeCluster(snap, cluster); err != nil {
		return err
	}
	switch i := snap.Instance(id); {
	case i == nil || i.Cluster != cluster || i.Status == structs.InstanceInactive:
		return structs.ErrInstanceNotFound(id)
	case i.VersionInfo.AgentVersion == "":
		return structs.Errorf(structs.KindMissingVersion, "The version of the agent on container instance %s is not known: it has not reported one.", id)
	default:
		return structs.Errorf(structs.KindNoUpdateAvailable,
			"There is no update available for the agent on container instance %s (version %s): an agent is the gantry binary of its machine; replace that and start the agent again.",
			id, i.VersionInfo.AgentVersion)
	}
}
