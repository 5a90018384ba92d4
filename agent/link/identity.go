package link

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gantry-project/gantry/internal/wholefile"
)

// identity is the agent's state on disk: which container instance this machine is.
type identity struct {
	Instance string `json:"instance"` // 32 hex digits
	Cluster  string `json:"cluster"`
}

func identityPath(dataDir string) string { return filepath.Join(dataDir, "agent", "instance.json") }

// Identity returns the id of the container instance that a data directory belongs to. At the first
// start it mints one and keeps it there.
func Identity(dataDir, cluster string) (string, error) {
	id, err := loadIdentity(dataDir, cluster)
	return id.Instance, err
}

// loadIdentity reads the identity, or mints and keeps one if there is none.
func loadIdentity(dataDir, cluster string) (identity, error) {
	path := identityPath(dataDir)
	data, err := wholefile.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		id := identity{Instance: mintID(), Cluster: cluster}
		return id, saveIdentity(dataDir, id)
	}
	if err != nil && !errors.Is(err, wholefile.ErrDamaged) {
		return identity{}, fmt.Errorf("read the agent's identity: %w", err)
	}
	var id identity
	if err := json.Unmarshal(data, &id); err != nil || !isID(id.Instance) || id.Cluster == "" {
		return identity{}, fmt.Errorf("read the agent's identity: %s is damaged; "+
			"restore it from a copy, or remove it to join as a new container instance (containers of the old one are then left alone)", path)
	}
	if id.Cluster != cluster {
		return identity{}, fmt.Errorf("this machine is a container instance of cluster %q, not %q; "+
			"start the agent for %q, or remove %s to join %q as a new instance (containers of the old one are then left alone)",
			id.Cluster, cluster, id.Cluster, path, cluster)
	}
	return id, nil
}

// saveIdentity writes the file. A crash or a full disk leaves it whole or not at all.
func saveIdentity(dataDir string, id identity) error {
	path := identityPath(dataDir)
	data, err := json.Marshal(id)
	if err == nil {
		err = cmp.Or(os.MkdirAll(filepath.Dir(path), 0o755), wholefile.Write(path, data))
	}
	if err != nil {
		return fmt.Errorf("write the agent's identity to %s: %w. "+
			"Free some space on that disk, or choose another --data-dir", path, err)
	}
	return nil
}

func mintID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

func isID(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 16
}
