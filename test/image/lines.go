package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// write writes text to stdout, or to the terminal.
func write(ctx context.Context, verb string, args []string) error {
	switch verb {
	case "lines":
		return lines(ctx, args)
	case "count":
		return count(args)
	case "size":
		size(ctx)
	default:
		for _, line := range args {
			fmt.Println(line)
		}
	}
	return nil
}

// lines prints numbered lines of one size, each with the time, until ctx ends.
func lines(ctx context.Context, args []string) error {
	if len(args) != 2 && len(args) != 3 {
		return errors.New("lines N SIZE [PAUSE]")
	}
	count, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	size, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	var pause time.Duration
	if len(args) == 3 {
		if pause, err = time.ParseDuration(args[2]); err != nil {
			return err
		}
	}
	out := bufio.NewWriterSize(os.Stdout, 64<<10)
	fill := strings.Repeat("x", size)
	for n := range count {
		if ctx.Err() != nil {
			break
		}
		head := fmt.Sprintf("%010d %d ", n, time.Now().UnixNano())
		fmt.Fprintln(out, head+fill[:max(0, size-len(head)-1)])
		if pause > 0 {
			out.Flush()
			time.Sleep(pause)
		}
	}
	return out.Flush()
}
