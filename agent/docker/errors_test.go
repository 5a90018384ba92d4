package docker

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/gantry-project/gantry/agent/runtime"
)

// An engine that is away has refused nothing: a task must not fail because the engine is restarted.
func TestAwayIsNoRefusal(t *testing.T) {
	tests := map[string]struct {
		err     error
		refused bool
	}{
		"no engine listens":           {&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, false},
		"the engine was killed":       {fmt.Errorf("read: %w", io.ErrUnexpectedEOF), false},
		"before it answered":          {fmt.Errorf("post: %w", io.EOF), false},
		"the connection was reset":    {&net.OpError{Op: "read", Err: syscall.ECONNRESET}, false},
		"the engine is being stopped": {errors.New("Error response from daemon: create gantry-1-0-scratch: database not open"), false},
		"it has left containerd":      {errors.New("Error response from daemon: transport is closing: unavailable"), false},
		"a registry does not answer":  {errors.New(`Get "https://r/v2/": dial tcp: connect: connection refused`), true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := failure(t.Context(), cannotPull, fmt.Errorf("pull image x: %w", test.err))
			if _, refused := errors.AsType[*runtime.Error](err); refused != test.refused {
				t.Errorf("refused is %v, want %v: %v", refused, test.refused, err)
			}
		})
	}
}
