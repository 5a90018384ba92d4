package docker

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/distribution/reference"

	"github.com/gantry-project/gantry/agent/runtime"
)

// pullFailure returns the error of a pull, or of a question to a registry. Engines pass on the
// words of registries, mostly under the status 500, so that often only the words tell what it was.
func pullFailure(ctx context.Context, err error, ref reference.Named, login runtime.Login) error {
	failed := failure(ctx, cannotPull, err)
	refusal, ok := errors.AsType[*runtime.Error](failed)
	if !ok {
		return failed
	}
	switch text := strings.ToLower(err.Error()); {
	case says(text, fullDisk):
		refusal.Reason += ". The disk of the container engine is full: free space on it, or let the agent remove unused images earlier (--image-cleanup-disk)"
	case errdefs.IsUnauthorized(err), errdefs.IsPermissionDenied(err), says(text, denied):
		refusal.Reason += ". " + aboutCredentials(reference.Domain(ref), login)
	case errdefs.IsNotFound(err), errdefs.IsInvalidArgument(err), says(text, final):
	default:
		refusal.Transient = true
	}
	return refusal
}

func aboutCredentials(registry string, login runtime.Login) string {
	if login == (runtime.Login{}) {
		return "The agent has no credentials for " + registry + ": if the image exists, put them into the file of its flag --registry-credentials"
	}
	return "The registry refused the credentials that the agent has for " + registry
}

// The words of errors that another try would not change.
var (
	fullDisk = []string{"no space left on device"}
	denied   = []string{"unauthorized", "denied", "no basic auth credentials", "authentication required"}
	final    = []string{
		"manifest unknown", "not found", "no such host", "no matching manifest", "unsupported", "invalid reference",
		"server gave http response to https client", "x509:",
	}
)

func says(text string, any []string) bool {
	return slices.ContainsFunc(any, func(words string) bool { return strings.Contains(text, words) })
}
