package structs

import (
	"fmt"
	"regexp"
	"slices"
)

// PinnedImage is the digest of the image of one container in a deployment.
type PinnedImage struct {
	Container string `json:"containerName" cbor:"1,keyasint"` // ContainerDefinition.name
	// the manifest, or the index of several platforms: sha256:…
	Digest string `json:"imageDigest" cbor:"2,keyasint"`
}

// VersionConsistencyDisabled is the versionConsistency of a container whose image's tag may mean
// something else to each task of a deployment (ECS).
const VersionConsistencyDisabled = "disabled"

// PinnedDigest returns the digest of a container's image, or "".
func PinnedDigest(images []PinnedImage, container string) string {
	for _, p := range images {
		if p.Container == container {
			return p.Digest
		}
	}
	return ""
}

var digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// CheckPinnedImages reports whether digests may be proposed for the containers of a definition.
func CheckPinnedImages(images []PinnedImage, d *TaskDefinition) error {
	for _, p := range images {
		if !digestForm.MatchString(p.Digest) {
			return Errorf(KindInvalidParameter, "images: %q is not a digest, sha256: and 64 hex digits", p.Digest)
		}
		named := func(c ContainerDefinition) bool { return c.Name == p.Container }
		if !slices.ContainsFunc(d.ContainerDefinitions, named) {
			return Errorf(KindInvalidParameter, "images: %s has no container %q", d.Key(), p.Container)
		}
	}
	return nil
}

// PinImages decides on the digests of images of a deployment. Of several proposals for a container
// the first holds.
type PinImages struct {
	Deployment string
	Images     []PinnedImage
}

// CommandType implements Command.
func (PinImages) CommandType() CommandType { return CmdPinImages }

// PullProgress is how far the pull of an image is, in bytes of compressed layers. Total grows while
// the engine learns of the layers.
type PullProgress struct {
	Image string `json:"image" cbor:"1,keyasint"` // as in the definition
	Done  int64  `json:"bytesDone" cbor:"2,keyasint,omitzero"`
	Total int64  `json:"bytesTotal" cbor:"3,keyasint,omitzero"`
}

// String returns the progress for people: pulling web:1, 42 of 120 MB.
func (p *PullProgress) String() string {
	if p.Total == 0 {
		return "pulling " + p.Image
	}
	const mega = 1_000_000
	return fmt.Sprintf("pulling %s, %d of %d MB", p.Image, p.Done/mega, (p.Total+mega-1)/mega)
}
