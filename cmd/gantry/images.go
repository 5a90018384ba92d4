package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/agent/images"
)

// imageOptions holds the flags about images of gantry agent and gantry dev.
type imageOptions struct {
	images.Config
	credentials string // path of a file; empty for none
}

// addFlags adds the flags that say how images are pulled.
func (o *imageOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.credentials, "registry-credentials", "",
		"`file` with the credentials of registries, in the form of Docker's config.json, and with a section credentialsParameters")
	cmd.Flags().StringVar(&o.Behavior, "image-pull-behavior", images.Default,
		"`when` an image that is present is pulled again: "+strings.Join(images.Behaviors, ", ")+", as ECS_IMAGE_PULL_BEHAVIOR")
	cmd.Flags().DurationVar(&o.PullTimeout, "image-pull-timeout", time.Minute, "`time` without progress after which a pull fails")
}

// addCleanupFlags adds the flags that say when images are removed.
func (o *imageOptions) addCleanupFlags(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&o.CleanupAge, "image-cleanup-age", time.Hour, "`time` since its last use after which an image is removed; 0 for never")
	cmd.Flags().IntVar(&o.CleanupDisk, "image-cleanup-disk", 85,
		"how full, in `percent`, the disk of the container engine may be before images are removed that no container uses; 0 for never")
	cmd.Flags().BoolVar(&o.CleanupUntracked, "image-cleanup-untracked", false, "remove images too that this agent did not pull")
}

// config returns what the flags say, or what is wrong with them.
func (o *imageOptions) config() (images.Config, error) {
	if err := o.Check(); err != nil {
		return images.Config{}, err
	}
	c := o.Config
	if o.credentials != "" {
		file := images.File{Path: o.credentials}
		if err := file.Check(); err != nil {
			return images.Config{}, fmt.Errorf("--registry-credentials: %w", err)
		}
		c.Credentials = file
	}
	return c, nil
}
