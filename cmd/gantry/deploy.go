package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

// deployWait is how long deploy and undo wait for the deployment, unless a flag says otherwise.
const deployWait = 15 * time.Minute

// rollout is how deploy and undo wait.
type rollout struct {
	detach  bool
	timeout time.Duration
}

func (o *rollout) addFlags(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&o.detach, "detach", "d", false, "return as soon as the change is accepted")
	cmd.Flags().DurationVar(&o.timeout, "timeout", deployWait, "longest time to wait for the deployment")
}

func deployCommand() *cobra.Command {
	in, o := structs.Deploy{}, rollout{}
	var count int
	var env []string
	var command string
	cmd := &cobra.Command{
		Use:   "deploy IMAGE",
		Short: "Run an image as a service behind HTTPS, or move the service to another image",
		Long: `Run an image as a service, balanced and reachable over HTTPS under its host names: in one step, without
a job file. With the name of a service that exists, move that one to the image, a few tasks at a time
and without a failed request; what no flag names stays as it is. "gantry undo NAME" goes back.

The command waits until the new tasks serve. It fails, with the reason, if they do not come up; a
service that ran before is then taken back to its last good deployment.

Requests for the hosts are taken on the HTTP and HTTPS ports of every ingress instance; HTTP is sent
on to HTTPS. Point the DNS names at these machines. Without --host the service gets the name
NAME.CLUSTER.gantry.localhost (gantry server --domain sets another domain).`,
		Example: `  gantry deploy nginx:alpine --name web --count 3 --host web.example.org
  gantry deploy ghcr.io/me/api:2 --port 8080 --env LOG=debug --host example.org --path /api --health-path /api/health
  gantry deploy nginx:1.29 --name web`,
		Args: cobra.ExactArgs(1),
	}
	r := addRemoteFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&in.Name, "name", "", "`name` of the service (default: that of the image)")
	f.StringVar(&in.Cluster, "cluster", structs.DefaultCluster, "`name` of the cluster")
	f.Int32Var(&in.Port, "port", 0, "`port` that the container listens on (80 in a new service)")
	f.IntVar(&count, "count", 0, "`number` of tasks (1 in a new service)")
	f.StringArrayVar(&in.Hosts, "host", nil, "host `name` of requests for the service, such as web.example.org or *.example.org; repeat it for more")
	f.StringVar(&in.Path, "path", "", "`path` of requests for the service, with all paths below it (default: all)")
	f.StringVar(&in.HealthPath, "health-path", "", "`path` that answers 200 to 399 on a healthy task (default: / with any answer below 500)")
	f.Int32Var(&in.CPU, "cpu", 0, "share of processor time, 1024 for one processor (256 in a new service)")
	f.Int32Var(&in.Memory, "memory", 0, "memory limit in `MiB` (512 in a new service)")
	f.StringArrayVar(&env, "env", nil, "environment variable, as `NAME=VALUE`; NAME- removes it; repeat it for more")
	f.StringVar(&command, "command", "", "`words` to run instead of the image's own command, separated by blanks")
	f.BoolVar(&in.Force, "force", false, "start new tasks even if nothing changes: the image's tag may name another image now")
	o.addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if in.Image = args[0]; in.Name == "" {
			in.Name = nameOfImage(in.Image)
		}
		if f.Changed("count") {
			in.Count = &count
		}
		if f.Changed("command") {
			in.Command = strings.Fields(command)
		}
		if err := readEnv(&in, env); err != nil {
			return err
		}
		return o.show(cmd, r, func(ctx context.Context, c *client.Client) (structs.Deployed, error) { return c.Deploy(ctx, in) })
	}
	return cmd
}

func undoCommand() *cobra.Command {
	var o rollout
	var cluster string
	cmd := &cobra.Command{
		Use:   "undo NAME",
		Short: "Take a service back to the version before its last change",
		Long: `Take a service back to its last version that ran other tasks than the present one: another image,
environment, command or port. It is a deployment like any other, and no request fails. The number of
tasks stays as it is. Versions whose deployment failed are passed over. Undo again, and the version
that was undone comes back.`,
		Example: `  gantry undo web`,
		Args:    cobra.ExactArgs(1),
	}
	r := addRemoteFlags(cmd)
	cmd.Flags().StringVar(&cluster, "cluster", structs.DefaultCluster, "`name` of the service's cluster")
	o.addFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return o.show(cmd, r, func(ctx context.Context, c *client.Client) (structs.Deployed, error) {
			return c.Undo(ctx, cluster, args[0])
		})
	}
	return cmd
}

// show makes a call, waits for the deployment, and prints where the service is.
func (o *rollout) show(cmd *cobra.Command, r *remote, call func(context.Context, *client.Client) (structs.Deployed, error)) error {
	return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.Deployed, error) {
		done, err := call(ctx, c)
		if err != nil {
			return done, err
		}
		printDeployed(cmd.ErrOrStderr(), done)
		if o.detach {
			return done, nil
		}
		ctx, cancel := context.WithTimeoutCause(ctx, o.timeout,
			fmt.Errorf("service %s is not up after %s; it continues, see \"gantry job status %s\"", done.Name, o.timeout, done.Name))
		defer cancel()
		return done, awaitJob(ctx, c, done.JobPut, cmd.ErrOrStderr())
	}, func(w io.Writer, done structs.Deployed) {
		for _, url := range done.URLs {
			fmt.Fprintln(w, url)
		}
	})
}

// printDeployed prints in one line what a deploy or an undo does.
func printDeployed(w io.Writer, d structs.Deployed) {
	name := fmt.Sprintf("Service %s in cluster %s", d.Name, d.Cluster)
	switch {
	case d.Result == structs.JobUnchanged:
		fmt.Fprintf(w, "%s runs %s already; nothing changes (--force starts new tasks).\n", name, d.Image)
	case d.Result == structs.JobCreated:
		fmt.Fprintf(w, "%s is new: it runs %s (%s).\n", name, d.Image, d.TaskDefinition)
	case d.Undone != 0:
		fmt.Fprintf(w, "%s goes back from version %d (%s) to what version %d was (%s, %s), as version %d.\n",
			name, d.Undone, d.WasImage, d.RestoredOf, d.Image, d.TaskDefinition, d.Version)
	case d.WasImage != d.Image:
		fmt.Fprintf(w, "%s moves from %s to %s (version %d, %s).\n", name, d.WasImage, d.Image, d.Version, d.TaskDefinition)
	default:
		fmt.Fprintf(w, "%s changes (version %d, %s).\n", name, d.Version, d.TaskDefinition)
	}
	if d.Result == structs.JobUpdated {
		printChanges(w, d.Changes)
	}
}

// nameOfImage returns the last part of an image's name, without tag and digest, as the name of a
// service.
func nameOfImage(image string) string {
	image, _, _ = strings.Cut(image, "@")
	name, _, _ := strings.Cut(path.Base(image), ":")
	return strings.ReplaceAll(name, ".", "-")
}

// readEnv reads the values of --env.
func readEnv(in *structs.Deploy, values []string) error {
	for _, text := range values {
		name, value, given := strings.Cut(text, "=")
		switch {
		case given && name != "":
			in.Environment = append(in.Environment, structs.KeyValuePair{Name: name, Value: value})
		case !given && len(name) > 1 && strings.HasSuffix(name, "-"):
			in.Unset = append(in.Unset, strings.TrimSuffix(name, "-"))
		default:
			return errors.New("--env: " + text + " is not NAME=VALUE, and not NAME- to remove it")
		}
	}
	return nil
}
