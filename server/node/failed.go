package node

import (
	"errors"
	"fmt"
)

// Failed reports fatal errors, such as a disk that refuses a write. The node must then not be
// stopped; the process must exit.
func (n *Node) Failed() <-chan error { return n.failed }

// diskFailed is called for the first write that is refused or hangs, or the first damage found, and
// for others at the same time.
func (n *Node) diskFailed(err error) { n.fail(n.ending(err)) }

// fail makes Failed report an error, if it is the first.
func (n *Node) fail(err error) {
	select {
	case n.failed <- err:
	default:
	}
}

// ending returns an error that explains why the server ends, and what to do.
func (n *Node) ending(err error) error {
	if found := (*damageError)(nil); errors.As(err, &found) {
		dir := n.dir.Path()
		return damage("what raft keeps in "+dir, err, dir)
	}
	const then = "then start the server again; the other servers have all that was acknowledged"
	if errors.Is(err, errHangs) {
		return fmt.Errorf("the disk of data directory %s hangs (%w): mend or replace it, %s", n.dir.dataDir, err, then)
	}
	return fmt.Errorf("the disk of data directory %s refuses a write (%w): free some space, or replace the disk, %s",
		n.dir.dataDir, err, then)
}
