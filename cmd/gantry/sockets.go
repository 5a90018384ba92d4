package main

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/balancer/handover"
)

// holdCommandName is the command that openSockets has another process of this program run.
const holdCommandName = "hold-sockets"

// openSockets takes over the listening sockets that an earlier agent left in a directory.
func openSockets(dir string, log *slog.Logger) *handover.Sockets {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		log.Warn("cannot keep sockets for the next agent", "error", err)
	}
	s, err := handover.Open(dir, func(files []*os.File) error {
		// The program itself, also where an upgrade has put another one in its place.
		cmd := exec.Command("/proc/self/exe", holdCommandName, dir)
		cmd.Args[0] = "gantry"
		cmd.ExtraFiles = files
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := cmd.Start(); err != nil {
			return fmt.Errorf("begin the process that holds sockets: %w", err)
		}
		return cmd.Process.Release()
	})
	if err != nil {
		log.Warn("the sockets of the agent before are not all here; ports are opened anew", "error", err)
	}
	return s
}

// holdCommand holds the listening sockets of an agent that stops, for the next one.
func holdCommand() *cobra.Command {
	return &cobra.Command{
		Use:    holdCommandName + " DIRECTORY",
		Short:  "Hold the listening sockets of an agent that stops",
		Long:   "Hold the listening sockets of an agent that stops, until the next one takes them. Agents run this command by themselves.",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE:   func(_ *cobra.Command, args []string) error { return handover.Hold(args[0], handover.HoldTime) },
	}
}
