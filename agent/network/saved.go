package network

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"

	"github.com/gantry-project/gantry/internal/wholefile"
)

// saved is what the agent keeps on disk about its network. The file can be read by its owner only.
type saved struct {
	Block string `json:"block,omitzero"` // of addresses that tasks may have
	Range string `json:"range,omitzero"` // of all addresses, as the servers last said
	Key   string `json:"key,omitzero"`   // WireGuard's private one, base64
	// Used means that a task has needed a pause here, so that spare ones are worth their memory.
	Used bool `json:"used,omitzero"`
}

func savedPath(dataDir string) string { return filepath.Join(dataDir, "agent", "network.json") }

// loadSaved reads the file. A damaged one counts as none: the servers say again what was in it, and
// another key is as good.
func loadSaved(dataDir string) (s saved, err error) {
	data, err := wholefile.Read(savedPath(dataDir))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, wholefile.ErrDamaged) || err == nil && json.Unmarshal(data, &s) != nil {
		return saved{}, nil
	}
	return s, err
}

func (s saved) write(dataDir string) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	path := savedPath(dataDir)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := wholefile.Write(path, data); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// key returns WireGuard's private key. It makes one if there is none.
func (s *saved) key() (wgtypes.Key, error) {
	if key, err := wgtypes.ParseKey(s.Key); err == nil && s.Key != "" {
		return key, nil
	}
	key, err := wgtypes.GeneratePrivateKey()
	s.Key = key.String()
	return key, err
}
