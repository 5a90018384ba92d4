package server

import (
	"log/slog"

	"github.com/gantry-project/gantry/server/node"
	"github.com/gantry-project/gantry/structs"
)

// Recovery turns the data directory of the only server left into a cluster of that server alone,
// offline.
type Recovery = node.Recovery

// OpenRecovery opens the data directory of a server that is not running, and changes nothing. An
// empty id is read from the directory.
func OpenRecovery(dataDir, id string, log *slog.Logger) (*Recovery, error) {
	return node.OpenRecovery(dataDir, id, log)
}

// InspectSnapshot reads a whole saved snapshot and returns what is in it, or an error about what is
// wrong with it.
func InspectSnapshot(path string) (structs.SnapshotInfo, error) { return node.InspectSnapshot(path) }
