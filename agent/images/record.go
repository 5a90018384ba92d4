package images

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/distribution/reference"

	"github.com/gantry-project/gantry/internal/wholefile"
)

// record is what this agent knows of the images that it pulled, by their full names. It is on disk
// after each pull and each cleanup. What is lost in a crash is when images were last used, which at
// most makes one of them go early. It is safe for concurrent use.
type record struct {
	path string
	log  *slog.Logger

	mu     sync.Mutex
	images map[string]entry
}

// entry is one name of an image.
type entry struct {
	Pulled time.Time `json:"pulled,omitzero"` // zero: not by this agent
	Used   time.Time `json:"used"`
}

// readRecord reads the record of an earlier process. Without one, or with a damaged one, the agent
// has pulled nothing.
func readRecord(path string, log *slog.Logger) *record {
	r := &record{path: path, log: log, images: map[string]entry{}}
	raw, err := wholefile.Read(path)
	if err == nil {
		err = json.Unmarshal(raw, &r.images)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Warn("cannot read which images this agent pulled; it will not remove them", "path", path, "error", err)
		r.images = map[string]entry{}
	}
	return r
}

// pulled records that an image was pulled under some names.
func (r *record) pulled(names []string, at time.Time) {
	r.mu.Lock()
	for _, name := range names {
		r.images[full(name)] = entry{Pulled: at, Used: at}
	}
	r.mu.Unlock()
	r.save()
}

// used records that a task uses an image, if it is known.
func (r *record) used(name string, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.images[full(name)]; ok {
		e.Used = at
		r.images[full(name)] = e
	}
}

// has reports whether this agent pulled an image under a name.
func (r *record) has(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.images[full(name)].Pulled.IsZero()
}

// see returns what is known of an image with these names: whether this agent pulled it, and when it
// was last used. One that is used now, or was not known, counts as used now. An image is this
// agent's if all its tags are or, without tags, one of its digests.
func (r *record) see(tags, digests []string, inUse bool, now time.Time) (ours bool, used time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pulled := func(name string) bool { return !r.images[full(name)].Pulled.IsZero() }
	if len(tags) > 0 {
		ours = !slices.ContainsFunc(tags, func(name string) bool { return !pulled(name) })
	} else {
		ours = slices.ContainsFunc(digests, pulled)
	}
	for _, name := range normal(slices.Concat(tags, digests)) {
		e, ok := r.images[name]
		if !ok || inUse {
			e.Used = now
			r.images[name] = e
		}
		if e.Used.After(used) {
			used = e.Used
		}
	}
	return ours, used
}

// keep forgets all names but these and those that are newer than a time, and saves the record.
func (r *record) keep(names []string, but time.Time) {
	r.mu.Lock()
	for name, e := range r.images {
		if !slices.Contains(names, name) && e.Used.Before(but) {
			delete(r.images, name)
		}
	}
	r.mu.Unlock()
	r.save()
}

func (r *record) save() {
	r.mu.Lock()
	defer r.mu.Unlock()
	raw, err := json.Marshal(r.images)
	if err == nil {
		err = wholefile.Write(r.path, raw)
	}
	if err != nil {
		r.log.Warn("cannot record which images this agent pulled", "path", r.path, "error", err)
	}
}

// full returns a name in full, with its registry and tag or digest, as two writings of it become
// one.
func full(name string) string {
	ref, err := reference.ParseDockerRef(name)
	if err != nil {
		return name
	}
	return ref.String()
}

// normal returns names in full, each once.
func normal(names []string) (list []string) {
	for _, name := range names {
		list = append(list, full(name))
	}
	slices.Sort(list)
	return slices.Compact(list)
}
