package objectstore_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gantry-project/gantry/objectstore"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

// A directory gives its files and nothing outside it, whatever the key or a link says.
func TestDirectory(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "config")
	if err := os.MkdirAll(filepath.Join(dir, "a"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"config/app.env": "A=1", "config/a/b.env": "B=2", "outside.env": "SECRET=1", "config/large.env": "123456"} {
		if err := os.WriteFile(filepath.Join(top, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"inside.env": "a/b.env", "out.env": "../outside.env", "absolute.env": filepath.Join(top, "outside.env"), "up": ".."} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.env"), 0o600); err != nil {
		t.Fatal(err)
	}
	get := func(key string) (string, error) {
		content, err := objectstore.Mapped{}.Get(t.Context(), structs.BucketMapping{Bucket: "config", Directory: dir}, "", key, 5)
		return string(content), err
	}
	for key, want := range map[string]string{"app.env": "A=1", "a/b.env": "B=2", "inside.env": "B=2", "a/../app.env": "A=1"} {
		if got, err := get(key); err != nil || got != want {
			t.Errorf("%s: %q %v", key, got, err)
		}
	}
	for key, want := range map[string]string{
		"../outside.env": "escapes", "a/../../outside.env": "escapes", "/etc/passwd": "escapes", "out.env": "escapes", "absolute.env": "escapes",
		"up/outside.env": "escapes", "a": "is not a file", "pipe.env": "is not a file", "large.env": "more than 5 bytes",
	} {
		if got, err := get(key); err == nil || got != "" || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q %v, want %q", key, got, err, want)
		}
	}
	if _, err := get("none.env"); !errors.Is(err, objectstore.ErrNotFound) {
		t.Errorf("none.env: %v", err)
	}
	_, err := objectstore.Mapped{}.Get(t.Context(), structs.BucketMapping{Directory: filepath.Join(top, "gone")}, "", "x", 5)
	if err == nil || !strings.Contains(err.Error(), "every server must have it") {
		t.Errorf("a directory that is not there: %v", err)
	}
}

func TestEndpointOfMapping(t *testing.T) {
	s3 := testutil.StartS3(t)
	s3.Put("config", "app.env", "A=1")
	m := structs.BucketMapping{Bucket: "config", Endpoint: s3.URL, Region: s3.Region, AccessKeyID: s3.AccessKeyID}
	if got, err := (objectstore.Mapped{}).Get(t.Context(), m, s3.Secret, "app.env", 10); err != nil || string(got) != "A=1" {
		t.Errorf("%q %v", got, err)
	}
}
