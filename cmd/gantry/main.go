// Command gantry is the whole of Gantry: servers, agents, and the command line. One file per noun or command.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set by the build (-X main.version=…).
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	if err := rootCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "gantry: %v\n", err)
		os.Exit(1)
	}
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "gantry",
		Short: "The container cluster manager you run yourself: it speaks the Amazon ECS API",
		Long: `Gantry runs containers on your own machines and speaks the Amazon ECS API:
the aws CLI and the AWS SDKs work against it unchanged.

Start with "gantry dev": a whole cluster in one process on this machine.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(devCommand(), evalCommand(), instanceCommand(), taskCommand(), versionCommand())
	return root
}
