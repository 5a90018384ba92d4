package images

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// The behaviors of pulls, which have ECS's names (ECS_IMAGE_PULL_BEHAVIOR).
const (
	Default      = "default"       // ask the registry each time; if it does not give the image, the present one serves
	Always       = "always"        // ask the registry each time; if it does not give the image, the task fails
	Once         = "once"          // pull what this agent has not pulled yet
	PreferCached = "prefer-cached" // pull what is not present; images are not removed for their age
)

// Behaviors are the valid behaviors.
var Behaviors = []string{Default, Always, Once, PreferCached}

// Config holds what Images need.
type Config struct {
	// Behavior says when an image that is present is pulled again; empty: Default.
	Behavior string
	// Credentials are those of registries; nil: there are none.
	Credentials Credentials
	// PullTimeout is how long a pull may make no progress (ECS_IMAGE_PULL_INACTIVITY_TIMEOUT). Zero
	// means ECS's minute.
	PullTimeout time.Duration
	// CleanupAge is how long an image must not have been used before it is removed. Zero: images
	// are not removed for their age.
	CleanupAge time.Duration
	// CleanupDisk is how full the file system of the engine may be, in percent, before images are
	// removed that no container uses. Zero: they are not removed for that.
	CleanupDisk int
	// CleanupUntracked means that images are removed too that others than this agent pulled or
	// built.
	CleanupUntracked bool
}

// Parts are what Images of one instance work with, besides their Config. All are required.
type Parts struct {
	Engine runtime.Images
	// Info describes the engine. The cleaner asks where its images are.
	Info func(context.Context) (runtime.Info, error)
	// Pin proposes the digests of a deployment's images to the servers, and returns those that were
	// proposed first. It waits for a server that can be reached, until ctx ends. An error means
	// that the servers refuse.
	Pin func(ctx context.Context, deployment string, images []structs.PinnedImage) ([]structs.PinnedImage, error)
	// Secrets asks the servers for a login that a definition names. It waits for a server until ctx
	// ends.
	Secrets func(ctx context.Context, in structs.TaskSecretsRequest) (structs.TaskSecrets, error)
	Record  string // the path of the record of pulled images
	Logger  *slog.Logger
}

// Images are the images of the tasks of one container instance. It is safe for concurrent use.
type Images struct {
	cfg    Config
	parts  Parts
	log    *slog.Logger
	shared *pulls
	pins   *pins
	uses   *uses
	record *record
	// fullness returns how full the file system of a directory is, in percent.
	fullness func(dir string) (int, error)
}

// New returns Images with the record that an earlier process left.
func New(cfg Config, parts Parts) *Images {
	cfg.Behavior = cmp.Or(cfg.Behavior, Default)
	cfg.PullTimeout = cmp.Or(cfg.PullTimeout, time.Minute)
	if cfg.Credentials == nil {
		cfg.Credentials = nobody{}
	}
	return &Images{
		cfg: cfg, parts: parts, log: parts.Logger,
		shared: newPulls(), pins: &pins{}, uses: newUses(), record: readRecord(parts.Record, parts.Logger),
		fullness: fullness,
	}
}

// Check reports whether the settings are valid, by the names of the agent's flags.
func (c Config) Check() error {
	switch {
	case c.Behavior != "" && !slices.Contains(Behaviors, c.Behavior):
		return fmt.Errorf("--image-pull-behavior: %q is none of default, always, once and prefer-cached", c.Behavior)
	case c.PullTimeout < 0:
		return fmt.Errorf("--image-pull-timeout: %s is negative", c.PullTimeout)
	case c.CleanupAge < 0:
		return fmt.Errorf("--image-cleanup-age: %s is negative; 0 keeps images however old they are", c.CleanupAge)
	case c.CleanupDisk < 0 || c.CleanupDisk > 100:
		return fmt.Errorf("--image-cleanup-disk: %d is not a percentage; 0 keeps images however full the disk is", c.CleanupDisk)
	}
	return nil
}

// Want is an image that a task wants to be present.
type Want struct {
	Image       string // as in the definition
	Credentials string // repositoryCredentials.credentialsParameter; empty: those of the registry
	Task        string // the task whose definition names the credentials
	// Digest, if not empty, is what the tag means for this task.
	Digest string
	// Deployment, if not empty, is the deployment whose first task decides on the digest, for the
	// Containers that run the image.
	Deployment string
	Containers []string
	// Progress, if not nil, is called every few seconds while a pull goes on.
	Progress func(structs.PullProgress)
}

// Held is an image that is present, and stays until Release is called.
type Held struct {
	Digest  string // what the container must run; empty: whatever the tag means
	Release func()
}

// Pull makes an image present. It fails with a *runtime.Error (CannotPullContainerError); any other
// error means that the engine does not answer. If servers must decide on a digest and none can be
// reached, Pull waits for one until ctx ends: another digest than theirs is never run.
func (i *Images) Pull(ctx context.Context, w Want) (Held, error) {
	login, err := i.login(ctx, w)
	if err != nil {
		return Held{}, err
	}
	digest, err := i.digestOf(ctx, w, login)
	if err != nil {
		return Held{}, err
	}
	p := pull{Want: w, Login: login, exact: w.Image}
	if p.Digest = digest; digest != "" {
		if p.exact, err = runtime.WithDigest(w.Image, digest); err != nil {
			return Held{}, refused("%v", err)
		}
	}
	release, err := i.uses.hold(ctx, w.Image, p.exact)
	if err != nil {
		return Held{}, err
	}
	if err := i.ensure(ctx, p); err != nil {
		release()
		return Held{}, err
	}
	i.record.used(p.exact, time.Now())
	return Held{Digest: digest, Release: release}, nil
}

// refused returns the error of an image that cannot be had.
func refused(format string, args ...any) *runtime.Error {
	return &runtime.Error{Name: cannotPull, Reason: fmt.Sprintf(format, args...)}
}

// cannotPull is ECS's name for the error of an image that cannot be had.
const cannotPull = "CannotPullContainerError"
