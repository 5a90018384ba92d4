package gossip

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/hashicorp/memberlist"
)

// openKeyring gives the keys that this member knows: those in the file, which a rotation may have written, or else the key of the
// cluster's secret. The key of the secret is always among them, so that one who missed a rotation can still be reached.
func openKeyring(path string, key []byte) (*memberlist.Keyring, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return memberlist.NewKeyring(nil, key)
	}
	if err != nil {
		return nil, fmt.Errorf("read the gossip keys: %w", err)
	}
	var encoded []string
	if err := json.Unmarshal(raw, &encoded); err != nil || len(encoded) == 0 {
		return nil, fmt.Errorf("the gossip keys in %s are damaged; remove the file to go back to the key of the cluster's secret", path)
	}
	var keys [][]byte
	for _, text := range encoded {
		k, err := base64.StdEncoding.DecodeString(text)
		if err != nil || memberlist.ValidateKey(k) != nil {
			return nil, fmt.Errorf("the gossip keys in %s are damaged; remove the file to go back to the key of the cluster's secret", path)
		}
		keys = append(keys, k)
	}
	return memberlist.NewKeyring(append(keys, key), keys[0])
}

// Rotate makes every member encrypt with another key from now on. It fails, and can be asked again, while a member does not answer.
// Keys before it are taken still until the next rotation.
func (m *Member) Rotate(key []byte) error {
	text := base64.StdEncoding.EncodeToString(key)
	keys := m.serf.KeyManager()
	if answer, err := keys.InstallKey(text); err != nil {
		return fmt.Errorf("hand out the new gossip key (%d of %d took it): %w", answer.NumResp-answer.NumErr, answer.NumNodes, err)
	}
	if answer, err := keys.UseKey(text); err != nil {
		return fmt.Errorf("use the new gossip key (%d of %d do): %w", answer.NumResp-answer.NumErr, answer.NumNodes, err)
	}
	return nil
}
