package runtime

import "context"

// Volumes are the engine's volumes that belong to tasks of one container instance, and those that
// outlive tasks, which it makes and finds but never removes.
type Volumes interface {
	// CreateVolume creates a volume. It finds the one that exists under that name, whatever its
	// configuration is. It fails with an *Error (ResourceInitializationError).
	CreateVolume(ctx context.Context, spec VolumeSpec) error
	// InspectVolume returns a volume by its name, whoever made it; ok is false if there is none.
	InspectVolume(ctx context.Context, name string) (v VolumeSpec, ok bool, err error)
	// ListVolumes lists the volumes of the instance's tasks.
	ListVolumes(ctx context.Context) ([]VolumeSpec, error)
	// RemoveVolume removes a volume of the instance's tasks. It returns false if a container has it
	// still. It is not an error if there is no such volume, or if it is not one of the instance's.
	RemoveVolume(ctx context.Context, name string) (gone bool, err error)
}

// The label of volumes that belong to tasks, besides LabelInstance, LabelCluster and LabelTask.
const LabelVolume = "gantry.volume" // Volume.name in the definition

// VolumeSpec is a volume of the engine.
type VolumeSpec struct {
	Name    string
	Driver  string // empty: local
	Options map[string]string
	Labels  map[string]string
	// SizeGiB limits what it holds, where the engine can; zero: no limit.
	SizeGiB int32
}
