package runtime

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
)

// Images are the images of an engine, and the registries that it pulls from. When an image is
// pulled, and when it goes, is decided in agent/images.
type Images interface {
	// InspectImage returns an image by its name; ok is false if the engine has none of that name.
	InspectImage(ctx context.Context, name string) (image Image, ok bool, err error)
	// AskRegistry returns the digest of the manifest that a registry has under a name. For an image
	// of several platforms that is the index of them all. It pulls nothing. It fails with an *Error
	// (CannotPullContainerError).
	AskRegistry(ctx context.Context, name string, login Login) (digest string, err error)
	// PullImage pulls an image, whether it is present or not. It calls progress, not from several
	// goroutines, whenever the engine reports some. It fails with an *Error
	// (CannotPullContainerError).
	PullImage(ctx context.Context, name string, login Login, progress func(PullProgress)) error
	// TagImage gives an image another name.
	TagImage(ctx context.Context, name, tag string) error
	// ListImages lists all images of the engine.
	ListImages(ctx context.Context) ([]Image, error)
	// RemoveImage removes a name of an image, and with its last name the image. It does not remove
	// one that a container uses.
	RemoveImage(ctx context.Context, name string) error
}

// Image is an image that an engine has.
type Image struct {
	ID string
	// Tags are its names with a tag, and Digests those with a digest, as the engine writes them:
	// app:1 and app@sha256:….
	Tags, Digests []string
	// InUse reports whether a container uses it, running or not. Only ListImages fills it in.
	InUse bool
}

// Login is what a registry wants to know before it gives an image. The zero value is nobody. It
// prints as nothing, so that it does not get into logs and errors.
type Login struct {
	Username, Password string
	Token              string // an identity token, instead of the two above
}

// String hides the login.
func (l Login) String() string { return "(hidden)" }

// GoString hides the login.
func (l Login) GoString() string { return l.String() }

// LogValue hides the login.
func (l Login) LogValue() slog.Value { return slog.StringValue(l.String()) }

// PullProgress is how far a pull is, in bytes of compressed layers. Engines learn of the layers one
// after the other, so Total grows.
type PullProgress struct{ Done, Total int64 }

// WithDigest returns the name of the image in the repository of another name that has a digest.
func WithDigest(name, of string) (string, error) {
	ref, err := reference.ParseDockerRef(name)
	if err != nil {
		return "", fmt.Errorf("image %q: %w", name, err)
	}
	parsed, err := digest.Parse(of)
	if err != nil {
		return "", fmt.Errorf("digest %q of image %s: %w", of, ref, err)
	}
	exact, err := reference.WithDigest(reference.TrimNamed(ref), parsed)
	if err != nil {
		return "", fmt.Errorf("digest %q of image %s: %w", of, ref, err)
	}
	return exact.String(), nil
}
