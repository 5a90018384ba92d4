package structs

import "slices"

// sameNames reports whether two versions of a service have the same registries (ECS: another one
// needs a deployment).
func (j *Job) sameNames(o *Job) bool {
	if j.Service == nil || o.Service == nil {
		return true
	}
	return slices.Equal(j.Service.Registries, o.Service.Registries)
}
