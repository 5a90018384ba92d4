package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"unsafe"
)

// look returns what a process sees of how it is run, as an exit code.
func look(verb string) int {
	switch verb {
	case "signal":
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGHUP)
		return 100 + int((<-signals).(syscall.Signal))
	case "pid":
		return os.Getpid()
	default:
		if isTerminal(os.Stdin) {
			return 10
		}
		io.Copy(io.Discard, os.Stdin)
		return 11
	}
}

// isTerminal reports whether a file is a terminal: only those have a window size.
func isTerminal(f *os.File) bool {
	var size [4]uint16
	_, _, err := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&size)))
	return err == 0
}

// reload prints a file, and again at each SIGHUP.
func reload(ctx context.Context, args []string) error {
	hups := make(chan os.Signal, 1)
	signal.Notify(hups, syscall.SIGHUP)
	for {
		text, err := os.ReadFile(strings.Join(args, " "))
		if err != nil {
			return err
		}
		fmt.Print(string(text))
		select {
		case <-hups:
		case <-ctx.Done():
			return nil
		}
	}
}
