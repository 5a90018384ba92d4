// Package images decides when the images of tasks are pulled, with whose credentials, and when they
// are removed again. It knows the engine only through agent/runtime.
//
// Images.Pull makes one image present and keeps it until its caller lets go of it, so that the
// cleaner (clean.go) does not remove what a task is about to use. Callers that want the same image
// at the same time share one pull (share.go). The image of a service's container is pinned: the
// first task of a deployment asks the registry for the digest of its tag, and proposes it to the
// servers, which answer with the digest that was proposed first (pin.go).
//
// A record on disk (record.go) has the images that this agent pulled: only those does it remove.
package images
