// Command gantry is the whole of Gantry: servers, agents, and the command line. One file per noun
// or command.
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

// exitStatus ends a command that has said all there is to say with a status of its own.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "gantry",
		Short: "The container cluster manager you run yourself: it speaks the Amazon ECS API",
		Long: `Gantry runs containers on your own machines and speaks the Amazon ECS API:
the aws CLI and the AWS SDKs work against it unchanged.

Start with "gantry dev": a whole cluster in one process on this machine.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		// Commands of their own before a run would keep this one from running: there are none.
		PersistentPreRunE: fillIn,
	}
	root.AddCommand(
		agentCommand(), bootstrapCommand(), caCommand(), configCommand(), keyCommand(), keygenCommand(), membersCommand(), serverCommand(),
		devCommand(), evalCommand(), gossipCommand(), healthCommand(), instanceCommand(), jobCommand(), planCommand(), snapshotCommand(), taskCommand(), versionCommand(),
	)
	runs := `and .Runnable (not (index .Annotations "` + groupNote + `"))`
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate()+sources, "{{if .Runnable}}", "{{if "+runs+"}}"))
	checkArguments(root)
	return root
}
