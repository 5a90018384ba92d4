package docker

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/distribution/reference"
)

const (
	// labelDigest keeps the digest of a container's image: the image may be removed before the
	// container.
	labelDigest = "gantry.image-digest"
	// registryTimeout limits the call that asks a registry whether it has an image.
	registryTimeout = 3 * time.Second
)

// digest returns the digest of an image's manifest in its registry, as ECS reports it. It is empty
// if no registry is known to have it.
//
// Engines with containerd's image store name images by their manifests, and fill RepoDigests also
// for images that were built or imported there (26.1, 28.5). The registry is asked about such an
// image, unless this process has pulled it.
func (e *Engine) digest(ctx context.Context, name string) string {
	ref, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return ""
	}
	image, err := e.api.ImageInspect(ctx, name)
	if err != nil {
		return "" // ContainerCreate has the better error
	}
	for _, d := range sameRepositoryFirst(image.RepoDigests, ref) {
		if digest := d.Digest().String(); digest != image.ID || e.inRegistry(ctx, d) {
			return digest
		}
	}
	return ""
}

// sameRepositoryFirst parses RepoDigests and puts the digest of ref itself first, then others of
// its repository, then those of the image's other names.
func sameRepositoryFirst(texts []string, ref reference.Named) (list []reference.Canonical) {
	for _, text := range texts {
		if parsed, err := reference.ParseNormalizedNamed(text); err == nil {
			if d, ok := parsed.(reference.Canonical); ok {
				list = append(list, d)
			}
		}
	}
	distance := func(d reference.Canonical) int {
		if asked, ok := ref.(reference.Canonical); ok && asked.Digest() == d.Digest() {
			return 0
		}
		if d.Name() == ref.Name() {
			return 1
		}
		return 2
	}
	slices.SortStableFunc(list, func(a, b reference.Canonical) int { return distance(a) - distance(b) })
	return list
}

// inRegistry reports whether the registry has a manifest. It asks once; no answer counts as no.
func (e *Engine) inRegistry(ctx context.Context, d reference.Canonical) bool {
	digest := d.Digest().String()
	has, known := e.registries.get(digest)
	if !known {
		ctx, cancel := context.WithTimeout(ctx, registryTimeout)
		defer cancel()
		_, err := e.api.DistributionInspect(ctx, d.String(), "")
		has = err == nil
		e.registries.put(digest, has)
	}
	return has
}

// registries remembers which manifests registries have. It is safe for concurrent use.
type registries struct {
	mu  sync.Mutex
	has map[string]bool // by digest
}

func newRegistries() *registries { return &registries{has: make(map[string]bool)} }

func (r *registries) get(digest string) (has, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	has, known = r.has[digest]
	return has, known
}

func (r *registries) put(digest string, has bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.has[digest] = has
}
