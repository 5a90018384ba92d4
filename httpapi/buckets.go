package httpapi

import (
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

func (a *api) bucketMappings(w http.ResponseWriter, r *http.Request) {
	out, err := a.Control.BucketMappings(r.Context())
	a.answerOr(w, out, err)
}

func (a *api) bucketMapping(w http.ResponseWriter, r *http.Request) {
	out, err := a.Control.BucketMapping(r.Context(), r.PathValue("name"))
	a.answerOr(w, out, err)
}

// mapBucket takes the name from the path, where the caller's permission was checked.
func (a *api) mapBucket(w http.ResponseWriter, r *http.Request) {
	var in structs.BucketMappingRequest
	if !a.decodeStrict(w, r, &in) {
		return
	}
	in.Bucket = r.PathValue("name")
	out, err := a.Control.MapBucket(r.Context(), in)
	a.answerOr(w, out, err)
}

func (a *api) unmapBucket(w http.ResponseWriter, r *http.Request) {
	if err := a.Control.UnmapBucket(r.Context(), r.PathValue("name")); err != nil {
		a.fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
