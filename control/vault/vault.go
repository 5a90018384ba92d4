// Package vault carries out what the cluster can be asked about secrets (Secrets Manager) and
// parameters (Systems Manager): one file for each group of operations.
//
// A value is sealed before it enters the log, with a key of state (keys.go) that is itself sealed
// with a key outside state. So neither the log nor a snapshot yields a value. A value is opened
// only for a caller that may have it, and is in no error, log or audit log.
package vault

import (
	"context"
	"crypto/rand"
	"sync"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// Sealer seals and opens the keys that are in state. Its own key is not in state.
type Sealer interface {
	Seal(name string, content []byte) []byte
	Open(name string, sealed []byte) ([]byte, error)
}

// Config holds what a Vault needs. All fields except Sealer are required.
type Config struct {
	Control *control.Control
	Log     control.Log
	Sealer  Sealer // nil: nothing can be stored
}

// Vault carries out verbs. It is safe for concurrent use.
type Vault struct {
	control *control.Control
	log     control.Log
	sealer  Sealer

	mu   sync.Mutex
	keys map[string]*security.Sealer // opened keys of state by their id
}

// New returns a Vault.
func New(c Config) *Vault {
	return &Vault{control: c.Control, log: c.Log, sealer: c.Sealer, keys: map[string]*security.Sealer{}}
}

// Read returns the state with every write that was acknowledged before the call.
func (v *Vault) Read(ctx context.Context) (*state.Snapshot, error) { return v.control.Read(ctx) }

// present returns this server's state, which has every write that this server has applied.
func (v *Vault) present(ctx context.Context) (*state.Snapshot, error) {
	return v.control.Read(control.AllowStale(ctx))
}

// apply writes what make returns. make seals values with the key that it is given, and is called
// again if a rotation replaces the key meanwhile.
func (v *Vault) apply(ctx context.Context, make func(key *sealingKey) structs.Command) (structs.Applied, error) {
	for tries := 0; ; tries++ {
		key, err := v.newestKey(ctx)
		if err != nil {
			return structs.Applied{}, err
		}
		applied, err := v.log.Apply(ctx, make(key))
		if err == nil || tries == maxTries || !v.replaced(ctx, key) {
			return applied, err
		}
	}
}

// maxTries is how often a write is tried again because the key was replaced meanwhile.
const maxTries = 3

// replaced reports whether a key is no longer in state.
func (v *Vault) replaced(ctx context.Context, key *sealingKey) bool {
	snap, err := v.present(ctx)
	return err == nil && snap.VaultKey(key.id) == nil
}

// randomText returns n characters of an alphabet.
func randomText(n int, alphabet string) string {
	out := make([]byte, 0, n)
	for len(out) < n {
		var draw [64]byte
		_, _ = rand.Read(draw[:]) // never fails (crypto/rand)
		for _, b := range draw {
			// what is over would make the first characters likelier
			if most := 256 - 256%len(alphabet); int(b) < most && len(out) < n {
				out = append(out, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(out)
}

// Now returns the cluster's time.
func (v *Vault) Now() structs.Time { return v.control.Now() }
