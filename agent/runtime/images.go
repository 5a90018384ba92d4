package runtime

import "context"

// Images are the images that containers are created from.
type Images interface {
	// PullImage makes an image present. One that is present under that exact reference is not
	// pulled again. It fails with an *Error (CannotPullContainerError).
	PullImage(ctx context.Context, image string) error
}
