package testutil

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

const (
	// AppImage is the image that tests run, built from test/image, where its commands are
	// described.
	AppImage = "gantry-test/app:latest"

	// labelContent is the label with the hash of what an image was built from.
	labelContent = "gantry-test.content"
)

// File is an additional file of an image.
type File struct {
	Name string // without a leading slash
	Mode int64
	Body []byte
}

// BuildAppImage builds AppImage and returns its name.
func BuildAppImage(t testing.TB, host string) string {
	t.Helper()
	if err := BuildImage(t.Context(), host, AppImage); err != nil {
		t.Fatal(err)
	}
	return AppImage
}

// BuildImage builds an image with the program in test/image, an empty /tmp and the extra files, and
// tags it. It needs no network. An existing image with that tag and content is left as it is. Host
// is the engine's address; if empty, $DOCKER_HOST or the default socket.
func BuildImage(ctx context.Context, host, tag string, extra ...File) error {
	engine, err := dialDocker(cmp.Or(host, os.Getenv("DOCKER_HOST"), defaultDockerHost))
	if err != nil {
		return err
	}
	defer engine.close()
	unlock, err := lockBuilds()
	if err != nil {
		return err
	}
	defer unlock()

	root, err := moduleRoot()
	if err != nil {
		return err
	}
	content, err := contentHash(root, extra)
	if err != nil {
		return err
	}
	oldID, oldContent, err := engine.imageContent(ctx, tag)
	if err != nil || oldContent == content {
		return err
	}
	layer, err := buildLayer(ctx, root, extra)
	if err != nil {
		return err
	}
	if err := engine.importImage(ctx, tag, content, layer); err != nil {
		return err
	}
	if oldID != "" { // it has lost its tag; it stays while a container uses it
		if body, err := engine.call(ctx, http.MethodDelete, "/images/"+oldID, nil); err == nil {
			return body.Close()
		}
	}
	return nil
}

// lockBuilds makes test processes build images one at a time: two imports with the same tag would
// leave an orphan behind.
func lockBuilds() (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(os.TempDir(), "gantry-test-image.lock"), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return func() { f.Close() }, nil
}

// moduleRoot returns the root of the checkout, searched from the folder of the package under test.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("find the module's folder: no go.mod above the working directory")
		}
	}
}

func contentHash(root string, extra []File) (string, error) {
	sources, err := filepath.Glob(filepath.Join(root, "test", "image", "*.go"))
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	fmt.Fprintln(hash, runtime.Version(), runtime.GOARCH)
	for _, name := range sources {
		body, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(hash, "%s %d\n%s", filepath.Base(name), len(body), body)
	}
	for _, f := range extra {
		fmt.Fprintf(hash, "%s %o %d\n%s", f.Name, f.Mode, len(f.Body), f.Body)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// buildLayer compiles the program and packs it as the only layer of an image.
func buildLayer(ctx context.Context, root string, extra []File) ([]byte, error) {
	dir, err := os.MkdirTemp("", "gantry-test-image-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	app := filepath.Join(dir, "app")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", app, "./test/image")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("compile test/image: %w\n%s", err, out)
	}
	program, err := os.ReadFile(app)
	if err != nil {
		return nil, err
	}
	return pack(append([]File{{Name: "app", Mode: 0o755, Body: program}}, extra...))
}

func pack(files []File) ([]byte, error) {
	var layer bytes.Buffer
	w := tar.NewWriter(&layer)
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: "tmp/", Mode: 0o1777}); err != nil {
		return nil, err
	}
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Name: f.Name, Mode: f.Mode, Size: int64(len(f.Body))}); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.Body); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return layer.Bytes(), err
}

// imageContent returns the id and the content hash of an image, or empty without such a tag.
func (d *dockerHTTP) imageContent(ctx context.Context, tag string) (id, content string, err error) {
	body, err := d.call(ctx, http.MethodGet, "/images/"+tag+"/json", nil)
	var failed *dockerError
	if errors.As(err, &failed) && failed.status == http.StatusNotFound {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	defer body.Close()
	var image struct {
		ID     string `json:"Id"`
		Config struct{ Labels map[string]string }
	}
	if err := json.NewDecoder(body).Decode(&image); err != nil {
		return "", "", fmt.Errorf("inspect image %s: %w", tag, err)
	}
	return image.ID, image.Config.Labels[labelContent], nil
}

func (d *dockerHTTP) importImage(ctx context.Context, tag, content string, layer []byte) error {
	query := url.Values{
		"fromSrc": {"-"},
		"repo":    {tag},
		"changes": {`ENTRYPOINT ["/app"]`, "LABEL " + labelContent + "=" + content},
	}
	body, err := d.call(ctx, http.MethodPost, "/images/create?"+query.Encode(), bytes.NewReader(layer))
	if err != nil {
		return fmt.Errorf("import image %s: %w", tag, err)
	}
	defer body.Close()
	for decoder := json.NewDecoder(body); ; {
		var progress struct{ Error string }
		err := decoder.Decode(&progress)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && progress.Error != "" {
			err = errors.New(progress.Error)
		}
		if err != nil {
			return fmt.Errorf("import image %s: %w", tag, err)
		}
	}
}
