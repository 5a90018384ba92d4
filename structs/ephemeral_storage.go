package structs

const (
	minStorage = 21 // GiB that ephemeralStorage can ask for (ECS)
	maxStorage = 200
)

// AttributeStorage is the attribute of a container instance that says whether the container engine
// limits what tasks write to their ephemeralStorage.
const AttributeStorage = "gantry.ephemeral-storage"

// The values of AttributeStorage.
const (
	StorageEnforced    = "enforced"
	StorageNotEnforced = "not-enforced"
)

// StorageGiB returns the size of the task storage that a definition asks for, or an override of it;
// zero: it asks for none.
func (d *TaskDefinition) StorageGiB(o *TaskOverride) int32 {
	if o != nil && o.EphemeralStorage != nil && o.EphemeralStorage.SizeInGiB != 0 {
		return o.EphemeralStorage.SizeInGiB
	}
	if d.EphemeralStorage == nil {
		return 0
	}
	return d.EphemeralStorage.SizeInGiB
}

// invalid reports whether a size is out of range. An empty one asks for nothing.
func (s *EphemeralStorage) invalid() bool {
	return s != nil && s.SizeInGiB != 0 && (s.SizeInGiB < minStorage || s.SizeInGiB > maxStorage)
}

func (d *TaskDefinition) validateStorage() *Error {
	if d.EphemeralStorage.invalid() {
		return Errorf(KindClient, "Invalid 'ephemeralStorage.sizeInGiB' %d; it must be between %d and %d.",
			d.EphemeralStorage.SizeInGiB, minStorage, maxStorage)
	}
	return nil
}
