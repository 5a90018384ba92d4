package process

import (
	"fmt"
	"os"
	"sync"
)

// outcome is how a process ended, or that it goes on. Safe for concurrent use.
type outcome struct {
	once sync.Once
	done chan struct{}
	err  error // set before done is closed
}

func newOutcome() outcome { return outcome{done: make(chan struct{})} }

// end notes the first end, and ignores later ones.
func (o *outcome) end(err error) {
	o.once.Do(func() {
		o.err = err
		close(o.done)
	})
}

// Done is closed when it has ended by itself, and when it is stopped.
func (o *outcome) Done() <-chan struct{} { return o.done }

// Err returns why it failed. It is nil while it goes on, and when it ended in order.
func (o *outcome) Err() error {
	select {
	case <-o.done:
		return o.err
	default:
		return nil
	}
}

// hostName returns a name for people: the one that is given, or else the host's.
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
