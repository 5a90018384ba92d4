// Command gantry is all of Gantry: servers, agents and the command line. Each noun has a file, and
// so does each command that is more than a few lines. A command turns flags and files into values;
// package process runs what they describe.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/config"
)

// version is set by the build (-X main.version=…).
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	err := execute(ctx, rootCommand())
	if status, ok := errors.AsType[exitStatus](err); ok {
		os.Exit(int(status))
	}
	if err != nil {
		sayLast(fmt.Sprintf("gantry: %v\n", err))
		os.Exit(1)
	}
}

// sayLast prints to standard error, which may be a file on a disk that hangs.
func sayLast(text string) {
	done := make(chan struct{})
	go func() {
		fmt.Fprint(os.Stderr, text)
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(time.Second):
	}
}

// execute runs a command. An error about a flag says where the value came from.
func execute(ctx context.Context, root *cobra.Command) error {
	cmd, err := root.ExecuteContextC(ctx)
	return config.Explain(cmd.Flags(), err)
}

// exitStatus ends a command that has already printed everything, with a status of its own.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "gantry",
		Short: "Run containers on your own machines behind the Amazon ECS API",
		Long: `Gantry runs your containers on your own machines behind the Amazon ECS API.
The AWS CLI and the AWS SDKs work with it unchanged.

To try it out, run "gantry dev": a whole cluster in one process on this machine.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		// A command with a PersistentPreRunE of its own would keep this one from running: none has.
		PersistentPreRunE: fillIn,
	}
	addGroup(root, "Run a cluster:", devCommand(), serverCommand(), agentCommand(), configCommand())
	addGroup(root, "Run work on it:", deployCommand(), undoCommand(), jobCommand(), serviceCommand(), taskCommand(), instanceCommand(), lbCommand(), evalCommand(), planCommand())
	addGroup(root, "Look after it:", membersCommand(), healthCommand(), snapshotCommand(), gossipCommand(), volumeCommand(), bucketCommand(), secretCommand(), certCommand())
	addGroup(root, "Control access to it:", keygenCommand(), caCommand(), bootstrapCommand(), keyCommand(), roleCommand())
	root.AddCommand(holdCommand(), versionCommand())
	runs := `and .Runnable (not (index .Annotations "` + groupNote + `"))`
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate()+sources, "{{if .Runnable}}", "{{if "+runs+"}}"))
	checkArguments(root)
	return root
}

// addGroup adds commands that help lists below a title.
func addGroup(root *cobra.Command, title string, commands ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: title, Title: title})
	for _, cmd := range commands {
		cmd.GroupID = title
		root.AddCommand(cmd)
	}
}
