package docker_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
)

// registry serves one image as app:1. It cannot run.
type registry struct {
	*httptest.Server
	manifest string            // its digest
	content  map[string][]byte // by digest
}

const manifestType = "application/vnd.docker.distribution.manifest.v2+json"

func newRegistry(t *testing.T) *registry {
	r := &registry{content: map[string][]byte{}}
	var files, layer bytes.Buffer
	archive := tar.NewWriter(&files)
	archive.WriteHeader(&tar.Header{Name: "app", Mode: 0o755})
	archive.Close()
	zip := gzip.NewWriter(&layer)
	zip.Write(files.Bytes())
	zip.Close()
	config := fmt.Sprintf(`{"architecture":%q,"os":"linux","config":{"Entrypoint":["/app"],"Labels":{"test":%q}},"rootfs":{"type":"layers","diff_ids":["sha256:%x"]}}`,
		runtime.GOARCH, randomID(), sha256.Sum256(files.Bytes()))
	part := func(kind string, body []byte) string {
		return fmt.Sprintf(`{"mediaType":"application/vnd.docker.%s","size":%d,"digest":%q}`, kind, len(body), r.put(body))
	}
	r.manifest = r.put(fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":%q,"config":%s,"layers":[%s]}`, manifestType,
		part("container.image.v1+json", []byte(config)), part("image.rootfs.diff.tar.gzip", layer.Bytes())))
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *registry) put(body []byte) (digest string) {
	digest = fmt.Sprintf("sha256:%x", sha256.Sum256(body))
	r.content[digest] = body
	return digest
}

func (r *registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.URL.Path == "/v2/" {
		return
	}
	path := strings.TrimPrefix(req.URL.Path, "/v2/app/")
	digest := path[strings.LastIndex(path, "/")+1:]
	if path == "manifests/1" {
		digest = r.manifest
	}
	body, ok := r.content[digest]
	if !ok {
		http.NotFound(w, req)
		return
	}
	if strings.HasPrefix(path, "manifests/") {
		w.Header().Set("Content-Type", manifestType)
	}
	w.Header().Set("Docker-Content-Digest", digest)
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	if req.Method != http.MethodHead {
		w.Write(body)
	}
}

// A container's digest is that of the manifest that the registry has, also if the image was there
// before or has another name.
func TestDigestOfARegistrysImage(t *testing.T) {
	h := newHarness(t)
	r := newRegistry(t)
	name := strings.TrimPrefix(r.URL, "http://") + "/app"
	plain, err := client.NewClientWithOpts(client.WithHost(h.host), client.WithAPIVersionNegotiation())
	if err != nil {
		t.Fatal(err)
	}
	other := "gantry-test/" + randomID() + ":1"
	t.Cleanup(func() {
		for _, ref := range []string{name + ":1", name + "@" + r.manifest, other} {
			plain.ImageRemove(context.Background(), ref, image.RemoveOptions{})
		}
		plain.Close()
	})
	for range 2 {
		h.wantDigest(name+":1", r.manifest)
	}
	h.wantDigest(name+"@"+r.manifest, r.manifest)
	if err := plain.ImageTag(t.Context(), name+":1", other); err != nil {
		t.Fatal(err)
	}
	h.wantDigest(other, r.manifest)
	h.wantDigest(h.image, "") // imported
}

func (h *harness) wantDigest(name, want string) {
	h.Helper()
	if err := h.PullImage(h.Context(), name); err != nil {
		h.Fatal(err)
	}
	spec := h.spec()
	spec.Definition.Image = name
	state, _, err := h.InspectContainer(h.Context(), h.create(spec))
	if err != nil || state.Image != want {
		h.Errorf("%s has the digest %q, error %v; want %q", name, state.Image, err, want)
	}
}
