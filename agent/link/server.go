package link

import (
	"context"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// Server is what the agent needs of the cluster's servers. Calls may come from many goroutines.
// What fails is tried again; only a registration that the server refuses (a *structs.Error that is
// neither Unavailable nor Internal) is not.
type Server interface {
	// Register adds or renews this instance; the answer carries its id. The agent mints that id
	// itself before the first call, so that a call that is made twice registers one instance.
	Register(ctx context.Context, in structs.ContainerInstance) (structs.ContainerInstance, error)
	// Stream opens the instance's stream of assignments. Its first frame must not be older than the
	// registration that was answered with the instance at that version.
	Stream(ctx context.Context, instance string, version int64) (Stream, error)
	// Beat shows that the agent is there, to the server of the newest stream, and gives the latest
	// time at which the leader is known to have heard of the agent: what a server that the leader
	// does not hear hears is of no account.
	Beat(ctx context.Context, instance string) (heard time.Time, err error)
	// Report sends what the agent saw; nil means that it is in the log.
	Report(ctx context.Context, instance string, updates []structs.TaskUpdate) error
	// ReportRuntime sends how the container engine does (Status and Reason); nil means that it is
	// in the log.
	ReportRuntime(ctx context.Context, instance string, health structs.RuntimeHealth) error
}

// Stream is an open stream of assignments. Next blocks for the next frame; an error ends the
// stream. Close may be called at any time, from any goroutine and more than once, and makes Next
// return. A frame (an empty one will do) must come at least every few seconds: the agent takes
// silence for a lost connection.
type Stream interface {
	Next() (structs.AssignmentFrame, error)
	Close() error
}
