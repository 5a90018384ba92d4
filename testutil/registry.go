package testutil

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	manifestType = "application/vnd.docker.distribution.manifest.v2+json"
	indexType    = "application/vnd.docker.distribution.manifest.list.v2+json"
	configType   = "application/vnd.docker.container.image.v1+json"
	layerType    = "application/vnd.docker.image.rootfs.diff.tar.gzip"
)

// Registry is a registry of images on loopback, from which an engine in the same network can pull.
// Its methods may be called from any goroutine.
type Registry struct {
	Address string // HOST:PORT, which begins the names of its images

	mu             sync.Mutex
	user, password string
	content        map[string]content // by digest, and by "REPOSITORY:TAG"
	asked          map[string]int     // by kind: manifests, blobs
	fault          http.HandlerFunc
	slow           int // bytes a second of each blob; zero: as fast as it can
}

type content struct {
	kind   string
	digest string
	body   []byte
}

// StartRegistry starts a registry that ends with the test.
func StartRegistry(t testing.TB) *Registry {
	t.Helper()
	r := &Registry{content: map[string]content{}, asked: map[string]int{}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.Address = strings.TrimPrefix(server.URL, "http://")
	return r
}

// AppLayer returns the files of the test image and some more, to be pushed.
func AppLayer(t testing.TB, extra ...File) []byte {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	layer, err := buildLayer(t.Context(), root, extra)
	if err != nil {
		t.Fatal(err)
	}
	return layer
}

// Push puts an image with one layer under a tag, and returns the digest of its manifest. It runs
// /app.
func (r *Registry) Push(repository, tag string, layer []byte) (digest string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	manifest := r.image(layer)
	r.content[repository+":"+tag] = manifest
	return manifest.digest
}

// PushIndex is like Push, for an image of two platforms. It returns the digest of the index.
func (r *Registry) PushIndex(repository, tag string, layer []byte) (digest string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var manifests []any
	for _, architecture := range []string{"s390x", runtime.GOARCH} {
		m := r.image(layer)
		manifests = append(manifests, map[string]any{
			"mediaType": m.kind, "digest": m.digest, "size": len(m.body), "platform": map[string]string{"architecture": architecture, "os": "linux"},
		})
	}
	index := r.put(indexType, encode(map[string]any{"schemaVersion": 2, "mediaType": indexType, "manifests": manifests}))
	r.content[repository+":"+tag] = index
	return index.digest
}

// image stores an image and returns its manifest. The lock must be held.
func (r *Registry) image(layer []byte) content {
	var zipped bytes.Buffer
	zip := gzip.NewWriter(&zipped)
	_, _ = zip.Write(layer) // never fails (bytes.Buffer)
	_ = zip.Close()
	config := encode(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux", "config": map[string]any{"Entrypoint": []string{"/app"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{fmt.Sprintf("sha256:%x", sha256.Sum256(layer))}},
	})
	part := func(kind string, body []byte) map[string]any {
		return map[string]any{"mediaType": kind, "size": len(body), "digest": r.put(kind, body).digest}
	}
	return r.put(manifestType, encode(map[string]any{
		"schemaVersion": 2, "mediaType": manifestType, "config": part(configType, config), "layers": []any{part(layerType, zipped.Bytes())},
	}))
}

func (r *Registry) put(kind string, body []byte) content {
	c := content{kind, fmt.Sprintf("sha256:%x", sha256.Sum256(body)), body}
	r.content[c.digest] = c
	return c
}

func encode(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of strings and numbers
	}
	return raw
}

// Require makes the registry refuse everyone else.
func (r *Registry) Require(user, password string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.user, r.password = user, password
}

// Fault makes a function answer in place of the registry; nil ends that.
func (r *Registry) Fault(answer http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = answer
}

// Slow makes the registry send so many bytes of a blob a second; zero ends that.
func (r *Registry) Slow(bytes int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.slow = bytes
}

// Asked returns how often the registry was asked for manifests or blobs.
func (r *Registry) Asked(kind string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked[kind]
}

// ServeHTTP answers as the pull side of the distribution API.
func (r *Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	path := strings.Split(strings.TrimPrefix(req.URL.Path, "/v2/"), "/")
	r.mu.Lock()
	fault, slow := r.fault, r.slow
	user, password, _ := req.BasicAuth()
	refused := user != r.user || password != r.password
	var found content
	ok := req.URL.Path == "/v2/"
	if n := len(path); n >= 3 {
		r.asked[path[n-2]]++
		if found, ok = r.content[path[n-1]]; !ok {
			found, ok = r.content[strings.Join(path[:n-2], "/")+":"+path[n-1]]
		}
	}
	r.mu.Unlock()
	switch {
	case fault != nil:
		fault(w, req)
	case refused:
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		http.Error(w, `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`, http.StatusUnauthorized)
	case !ok:
		http.Error(w, `{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}`, http.StatusNotFound)
	case found.body != nil:
		w.Header().Set("Content-Type", found.kind)
		w.Header().Set("Docker-Content-Digest", found.digest)
		w.Header().Set("Content-Length", fmt.Sprint(len(found.body)))
		if req.Method == http.MethodHead {
			return
		}
		body := found.body
		for ; slow > 0 && len(body) > slow/10; body = body[slow/10:] {
			if _, err := w.Write(body[:slow/10]); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			time.Sleep(time.Second / 10)
		}
		_, _ = w.Write(body) // the engine may be gone
	}
}
