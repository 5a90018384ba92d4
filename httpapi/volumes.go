package httpapi

import (
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

func (a *api) volumeMappings(w http.ResponseWriter, r *http.Request) {
	out, err := a.Control.VolumeMappings(r.Context())
	a.answerOr(w, out, err)
}

func (a *api) volumeMapping(w http.ResponseWriter, r *http.Request) {
	out, err := a.Control.VolumeMapping(r.Context(), r.PathValue("id"))
	a.answerOr(w, out, err)
}

// mapVolume takes the id from the path, where the caller's permission was checked.
func (a *api) mapVolume(w http.ResponseWriter, r *http.Request) {
	var in structs.VolumeMapping
	if !a.decodeStrict(w, r, &in) {
		return
	}
	in.ID = r.PathValue("id")
	out, err := a.Control.MapVolume(r.Context(), in)
	a.answerOr(w, out, err)
}

func (a *api) unmapVolume(w http.ResponseWriter, r *http.Request) {
	if err := a.Control.UnmapVolume(r.Context(), r.PathValue("id")); err != nil {
		a.fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
