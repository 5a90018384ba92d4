package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"unsafe"
)

// interrupted is the exit code of size after Ctrl-C.
const interrupted = 7

// size prints the size of its terminal, and again whenever that changes, until Ctrl-C.
func size(ctx context.Context) {
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGWINCH)
	for {
		var now [4]uint16 // rows, columns
		_, _, _ = syscall.Syscall(syscall.SYS_IOCTL, os.Stdin.Fd(), syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&now)))
		fmt.Printf("size %dx%d\n", now[1], now[0])
		select {
		case <-changed:
		case <-ctx.Done():
			os.Exit(interrupted)
		}
	}
}

// count prints the numbers from 1 to n.
func count(args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	for i := range n {
		fmt.Println(i + 1)
	}
	return nil
}
