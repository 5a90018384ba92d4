package docker

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/system"
	"github.com/docker/docker/api/types/volume"

	"github.com/gantry-project/gantry/agent/runtime"
)

// quota is whether an engine can limit the size of what containers write, and of volumes.
type quota struct{ containers, volumes atomic.Bool }

// findQuota finds out what the engine can limit, and reports whether it can limit containers. Its
// btrfs driver can; overlay2 can on xfs that is mounted with pquota.
func (e *Engine) findQuota(ctx context.Context, info system.Info) bool {
	if e.instance != "" {
		e.quota.volumes.Store(e.limitsVolumes(ctx))
	}
	onXFS := slices.Contains(info.DriverStatus, [2]string{"Backing Filesystem", "xfs"})
	e.quota.containers.Store(info.Driver == "btrfs" || info.Driver == "overlay2" && onXFS && e.quota.volumes.Load())
	return e.quota.containers.Load()
}

// limitsVolumes asks the engine for a volume with a limit: its local driver can where the file
// system has project quotas. If the agent ends before the volume is removed, the sweep of volumes
// removes it, as it belongs to no task.
func (e *Engine) limitsVolumes(ctx context.Context) bool {
	probe := "gantry-quota-" + e.instance
	_, err := e.api.VolumeCreate(ctx, volume.CreateOptions{
		Name: probe, Driver: driverLocal, DriverOpts: sizeOf(1), Labels: map[string]string{runtime.LabelInstance: e.instance},
	})
	if err != nil {
		return false
	}
	if err := e.api.VolumeRemove(ctx, probe, false); err != nil {
		e.log.Warn("cannot remove a volume that showed whether sizes can be limited", "volume", probe, "error", err)
	}
	return true
}

// limitStorage limits what a container may write outside volumes, if the engine can.
func (e *Engine) limitStorage(host *container.HostConfig, gib int32) {
	if gib > 0 && e.quota.containers.Load() {
		host.StorageOpt = sizeOf(gib)
	}
}

// sizeOf returns a limit in GiB as an option of Docker's storage drivers and of its local driver.
func sizeOf(gib int32) map[string]string { return map[string]string{"size": fmt.Sprintf("%dG", gib)} }
