package process

import (
	"fmt"
	"os"
	"sync"
)

// outcome holds whether and how a process ended. Safe for concurrent use.
type outcome struct {
	once sync.Once
	done chan struct{}
	err  error // set before done is closed
}

func newOutcome() outcome { return outcome{done: make(chan struct{})} }

// end records the first end, and ignores later ones.
func (o *outcome) end(err error) {
	o.once.Do(func() {
		o.err = err
		close(o.done)
	})
}

// Done returns a channel that is closed when the process ends by itself or has been stopped.
func (o *outcome) Done() <-chan struct{} { return o.done }

// Err returns why the process failed. It is nil while the process runs, and if it ended in order.
func (o *outcome) Err() error {
	select {
	case <-o.done:
		return o.err
	default:
		return nil
	}
}

// hostName returns the given name, or if it is empty that of the host.
func hostName(given string) (string, error) {
	if given != "" {
		return given, nil
	}
	name, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("read the host name: %w", err)
	}
	return name, nil
}
