package link

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// Server is what the agent needs from the cluster's servers. Its methods may be called from many
// goroutines. Failed calls are tried again, except a registration that the server refuses (with a
// *structs.Error that is neither Unavailable nor Internal).
type Server interface {
	// Register adds or renews this instance, and returns it with its version. The agent mints the
	// id before the first call, so a repeated call registers only one instance.
	Register(ctx context.Context, in structs.ContainerInstance) (structs.ContainerInstance, error)
	// Stream opens the instance's stream of assignments. Its first frame must not be older than the
	// registration that was answered with this version.
	Stream(ctx context.Context, instance string, version int64) (Stream, error)
	// Beat shows the server of the newest stream that the agent is alive. It returns the latest
	// time at which the leader is known to have heard about the agent: a server that the leader
	// does not hear cannot vouch for it.
	Beat(ctx context.Context, instance string) (heard time.Time, err error)
	// Report sends what the agent saw. Nil means that it is in the log.
	Report(ctx context.Context, instance string, updates []structs.TaskUpdate) error
	// ReportRuntime sends the health of the container engine (Status and Reason). Nil means that it
	// is in the log.
	ReportRuntime(ctx context.Context, instance string, health structs.RuntimeHealth) error
	// Calls opens the connection over which the server of the newest stream calls the agent. It
	// ends with ctx.
	Calls(ctx context.Context, instance string) (io.ReadWriteCloser, error)
	// TaskTags returns the tags of a task of the instance.
	TaskTags(ctx context.Context, instance, task string) (structs.TaskTags, error)
	// Forward sends a call of somebody else to a server, as it is: the server decides by the call's
	// own signature, and not by the agent's certificate. The body of the answer must be closed.
	Forward(*http.Request) (*http.Response, error)
	// PinImages proposes the digests of images of a deployment, and returns those that hold: of
	// several proposals for a container the first.
	PinImages(ctx context.Context, instance, deployment string, images []structs.PinnedImage) ([]structs.PinnedImage, error)
	// TaskSecrets returns the values that a task of the instance starts with, or the login of a
	// registry that its definition names.
	TaskSecrets(ctx context.Context, instance string, in structs.TaskSecretsRequest) (structs.TaskSecrets, error)
	// RoleCredentials returns temporary keys of a role of a task on this instance. An error of
	// KindAccessDenied says why the task cannot have the role.
	RoleCredentials(ctx context.Context, instance string, in structs.RoleCredentialsRequest) (structs.RoleCredentials, error)
	// TaskFiles returns what a task of the instance gets out of files. A refusal means that it
	// cannot have it.
	TaskFiles(ctx context.Context, instance, task string) (structs.TaskFiles, error)
	// EnsureLogGroups makes the log groups exist that a task writes to. It fails with a
	// *structs.Error if one does not exist and may not be made.
	EnsureLogGroups(ctx context.Context, instance, task string) error
	// LogGroupBegins returns, for those of the log groups that exist, from when on their events are
	// kept.
	LogGroupBegins(ctx context.Context, instance string, groups []string) (map[string]structs.Time, error)
	// Traffic opens the instance's stream of traffic at the server of the newest stream of
	// assignments.
	Traffic(ctx context.Context, instance string) (TrafficStream, error)
	// ReportTargets sends what the instance saw of targets that it checks. Nil means that it is in
	// the log.
	ReportTargets(ctx context.Context, instance string, reports []structs.TargetReport) error
	// ReportDrains tells the leader which draining targets still have open requests here.
	ReportDrains(ctx context.Context, instance string, report structs.DrainReport) error
	// IngressCertificates returns what an ingress instance needs to serve HTTPS, when its digest is
	// not this one, or after some seconds.
	IngressCertificates(ctx context.Context, instance, digest string) (structs.IngressCertificates, error)
	// ACMECall shares something among ingress instances while a certificate is ordered.
	ACMECall(ctx context.Context, instance string, in structs.ACMECall) (structs.ACMEAnswer, error)
}

// Stream is an open stream of assignments. Next waits for the next frame, and an error of it ends
// the stream. Close may be called at any time, from any goroutine and more than once, and makes
// Next return. A frame, even an empty one, must come at least every few seconds: the agent treats
// silence as a lost connection.
type Stream interface {
	Next() (structs.AssignmentFrame, error)
	Close() error
}
