package server

import (
	"log/slog"

	"github.com/gantry-project/gantry/server/node"
	"github.com/gantry-project/gantry/structs"
)

// Recovery makes the data directory of the one server that is left a cluster of it alone, offline.
type Recovery = node.Recovery

// OpenRecovery opens the data directory of a server that does not run, and changes nothing. An
// empty id is read from the directory.
func OpenRecovery(dataDir, id string, log *slog.Logger) (*Recovery, error) {
	return node.OpenRecovery(dataDir, id, log)
}

// InspectSnapshot reads a saved snapshot through and says what is in it, or what is wrong with it.
func InspectSnapshot(path string) (structs.SnapshotInfo, error) { return node.InspectSnapshot(path) }
