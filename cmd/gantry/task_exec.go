package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

func taskExecCommand() *cobra.Command {
	var in structs.ExecRequest
	cmd := &cobra.Command{
		Use:   "exec TASK COMMAND…",
		Short: "Run a command in a container of a running task",
		Long: `Run a command in a container of a running task, as aws ecs execute-command does.
The task must have been started with enableExecuteCommand. The command runs as root unless --user
names another user. The exit status is the command's.`,
		Example: "  gantry task exec -it TASK -- sh\n  gantry task exec TASK -c app -- cat /etc/hosts\n  gantry task exec -i TASK -- tar x < files.tar",
	}
	r := addRemoteFlags(cmd)
	cmd.Flags().StringVar(&in.Cluster, "cluster", structs.DefaultCluster, "`name` of the cluster")
	cmd.Flags().StringVarP(&in.Container, "container", "c", "", "`name` of the container; it may be left out if the task has only one")
	cmd.Flags().StringVarP(&in.User, "user", "u", "", "`user` in the container, as NAME or UID[:GID] (root if left out)")
	cmd.Flags().BoolVarP(&in.Input, "interactive", "i", false, "pass on standard input")
	cmd.Flags().BoolVarP(&in.TTY, "tty", "t", false, "give the command a terminal")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		in.Command = args[1:]
		return runExec(cmd, r, taskID(args[0]), in)
	}
	return cmd
}

// taskID returns the id in the ARN of a task, or in an id.
func taskID(text string) string { return text[strings.LastIndex(text, "/")+1:] }

// runExec runs a command in a container, connected to this process.
func runExec(cmd *cobra.Command, r *remote, task string, in structs.ExecRequest) error {
	if r.output != "" {
		return errors.New("--output: the output is the command's")
	}
	c, address, err := r.client()
	if err != nil {
		return err
	}
	defer c.Close()
	terminal := client.Terminal{Stdout: cmd.OutOrStdout(), Stderr: cmd.ErrOrStderr()}
	if in.Input {
		terminal.Stdin = cmd.InOrStdin()
	}
	// Signals are for the command. Ctrl-C in a terminal is a byte, and no signal.
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(cmd.Context()))
	defer cancel(nil)
	terminal.Signals = passSignals(ctx, cancel, in.TTY)
	if in.TTY {
		sizes, restore, err := rawTerminal(ctx, cmd.InOrStdin())
		if err != nil {
			return err
		}
		defer restore()
		terminal.Sizes = sizes
	}
	code, err := c.Exec(ctx, task, in, terminal)
	switch {
	case err != nil:
		return unreachable(err, address)
	case code != 0:
		return exitStatus(code)
	}
	return nil
}

// impatience is how many interrupts end the session, for a command that ignores them.
const impatience = 3

// passSignals returns the signals of this process, for the command. With a terminal there, the
// session ends instead, as it does after several interrupts.
func passSignals(ctx context.Context, end context.CancelCauseFunc, tty bool) <-chan int {
	caught, passed := make(chan os.Signal, 8), make(chan int, 8)
	signal.Notify(caught, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2)
	go func() {
		defer signal.Stop(caught)
		for interrupts := 0; ; {
			select {
			case <-ctx.Done():
				return
			case s := <-caught:
				number, _ := s.(syscall.Signal)
				if number == syscall.SIGINT {
					interrupts++
				}
				if tty || interrupts >= impatience {
					end(fmt.Errorf("the session was ended by a signal: %s", s))
					return
				}
				passed <- int(number)
			}
		}
	}()
	return passed
}

// rawTerminal lets every key reach the command, and returns the sizes of the terminal.
func rawTerminal(ctx context.Context, stdin io.Reader) (<-chan [2]uint, func(), error) {
	file, ok := stdin.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil, nil, errors.New("--tty: standard input is not a terminal; leave -t out")
	}
	fd := int(file.Fd())
	before, err := term.MakeRaw(fd)
	if err != nil {
		return nil, nil, fmt.Errorf("set the terminal up: %w", err)
	}
	changed, sizes := make(chan os.Signal, 1), make(chan [2]uint, 1)
	signal.Notify(changed, syscall.SIGWINCH)
	go func() {
		defer signal.Stop(changed)
		for {
			if columns, rows, err := term.GetSize(fd); err == nil {
				sizes <- [2]uint{uint(columns), uint(rows)}
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}()
	return sizes, func() { _ = term.Restore(fd, before) }, nil // there is no better place to report it
}
