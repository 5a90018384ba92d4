package process

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gantry-project/gantry/security"
)

// Without a cluster secret a server keeps a key of its own, which only its owner can read. With a
// secret it makes none, and still opens what an earlier own key sealed.
func TestSealKey(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, sealKeyFile)
	cluster, err := security.NewSecret().Sealer()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vaultSealer(cluster, dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("with a cluster secret there is a key of its own: %v", err)
	}
	own, err := vaultSealer(nil, dir)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file: %v, %v", info, err)
	}
	sealed := own.Seal("x", []byte("value"))
	for name, with := range map[string]*security.Sealer{"the same server": nil, "with a secret": cluster} {
		again, err := vaultSealer(with, dir)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := again.Open("x", sealed); err != nil || string(got) != "value" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	both, err := vaultSealer(cluster, dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := cluster.Open("x", both.Seal("x", []byte("new"))); err != nil || string(got) != "new" {
		t.Errorf("new values are not sealed with the cluster's secret: %v", err)
	}
	if _, err := both.Open("y", sealed); err == nil {
		t.Error("opened under another name")
	}
}
