package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gantry-project/gantry/control/vault"
	"github.com/gantry-project/gantry/security"
)

// sealKeyFile has the key that seals the keys of secrets and parameters, in the data directory of a
// server without a cluster secret. It has the form of a cluster secret.
const sealKeyFile = "server/seal.key"

// vaultSealer returns what seals the keys of secrets and parameters: the cluster's secret or,
// without one, a key of this server's own. A server that got a cluster secret later still opens
// what its own key sealed; a rotation of the key ends the need for it.
func vaultSealer(cluster *security.Sealer, dataDir string) (vault.Sealer, error) {
	path := filepath.Join(dataDir, sealKeyFile)
	secret, err := security.ReadSecret(path)
	if errors.Is(err, fs.ErrNotExist) {
		if cluster != nil {
			return cluster, nil
		}
		secret, err = makeSealKey(path)
	}
	if err != nil {
		return nil, sealKeyDamage(path, err)
	}
	own, err := secret.Sealer()
	if err != nil || cluster == nil {
		return own, err
	}
	return bothSealers{cluster, own}, nil
}

// sealKeyDamage returns what to do about a key that cannot be read; err as it is if that is not for
// damage.
func sealKeyDamage(path string, err error) error {
	if info, lost := os.Stat(path); lost != nil || info.Mode().Perm()&0o077 != 0 {
		return err
	}
	return fmt.Errorf("%s is damaged (%w): nothing was changed. Restore it from a copy, or move %s away: "+
		"what it sealed, secrets and parameters, can then not be read on this server", path, err, path)
}

// makeSealKey writes a new key. A process that is killed meanwhile leaves no part of one under the
// path.
func makeSealKey(path string) (s security.Secret, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return s, fmt.Errorf("make the key of secrets: %w", err)
	}
	s = security.NewSecret()
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return s, fmt.Errorf("make the key of secrets: %w", err)
	}
	_, err = f.WriteString(s.String() + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return s, fmt.Errorf("make the key of secrets: %w", err)
	}
	return s, syncDir(filepath.Dir(path))
}

// syncDir puts the names in a directory on disk.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// bothSealers seals with the first, and opens what either has sealed.
type bothSealers [2]*security.Sealer

func (b bothSealers) Seal(name string, content []byte) []byte { return b[0].Seal(name, content) }

func (b bothSealers) Open(name string, sealed []byte) ([]byte, error) {
	content, err := b[0].Open(name, sealed)
	if err == nil {
		return content, nil
	}
	if content, own := b[1].Open(name, sealed); own == nil {
		return content, nil
	}
	return nil, err
}
