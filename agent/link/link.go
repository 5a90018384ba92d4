package link

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gantry-project/gantry/agent/wait"
	"github.com/gantry-project/gantry/structs"
)

// Config holds what a Link needs.
type Config struct {
	Server   Server
	Instance string // id of the container instance
	// Fenced means that the agent kills its tasks when the leader does not hear from it. It then
	// beats more often: the sooner it knows that the leader heard from it, the longer a server may
	// be away.
	Fenced bool
	// Handler answers the calls of servers. Nil: the agent takes none.
	Handler http.Handler
	// Traffic takes the frames of traffic, one after the other. Nil: the agent asks for none.
	Traffic func(structs.TrafficFrame)
	Logger  *slog.Logger
}

// Link is the connection of one container instance to the servers. Create it with New, register the
// instance once, then run it once. Its other methods may be called from many goroutines, even
// before that.
type Link struct {
	cfg      Config
	log      *slog.Logger
	lease    lease
	inbox    inbox
	reporter *reporter
	health   health
	work     sync.WaitGroup // the beats of each stream

	registered sync.Mutex
	// registration is the instance as servers know it.
	registration structs.ContainerInstance
	// index is that of the newest frame. Used only by Register and, later, by the goroutine that
	// follows the stream.
	index uint64

	traffic      sync.Mutex    // held by the goroutine that takes frames of traffic
	trafficIndex atomic.Uint64 // that of the newest one; zero after a new registration
}

// New returns a link that has not called a server yet. The lease of the instance begins now.
func New(cfg Config) *Link {
	l := &Link{
		cfg: cfg, log: cfg.Logger,
		inbox:  inbox{more: make(chan struct{}, 1)},
		health: health{news: make(chan struct{}, 1)},
	}
	l.reporter = newReporter(l.log, func(ctx context.Context, updates []structs.TaskUpdate) error {
		return cfg.Server.Report(ctx, cfg.Instance, updates)
	})
	l.lease.heard(time.Now())
	return l
}

// Run follows the instance's stream of assignments and sends reports until ctx ends. When it
// returns, everything that it started has ended.
func (l *Link) Run(ctx context.Context) {
	defer l.work.Wait()
	l.work.Go(func() { l.reporter.run(ctx) })
	l.work.Go(func() { l.tellHealth(ctx) })
	l.follow(ctx)
}

// Next returns the oldest frame of assignments that was not taken yet, and waits for one if there
// is none. It returns false when ctx ends.
func (l *Link) Next(ctx context.Context) (frame structs.AssignmentFrame, ok bool) {
	for ctx.Err() == nil {
		if frame, ok = l.inbox.take(); ok {
			return frame, true
		}
		select {
		case <-l.inbox.more:
		case <-ctx.Done():
		}
	}
	return frame, false
}

// PutBack gives back a full frame that Next returned, unless there is a newer one.
func (l *Link) PutBack(frame structs.AssignmentFrame) { l.inbox.putBack(frame) }

// Report hands over an update of a task, and does not wait. The update must not change afterwards.
func (l *Link) Report(update structs.TaskUpdate) { l.reporter.publish(update) }

// PinImages proposes the digests of images of a deployment, and returns those that hold. It waits
// for a server that can be reached, until ctx ends. Another error is a refusal.
func (l *Link) PinImages(ctx context.Context, deployment string, images []structs.PinnedImage) ([]structs.PinnedImage, error) {
	for b := (wait.Backoff{}); ; {
		calling, cancel := context.WithTimeout(ctx, reportTimeout)
		pinned, err := l.cfg.Server.PinImages(calling, l.cfg.Instance, deployment, images)
		cancel()
		if err == nil || refusal(err) {
			return pinned, err
		}
		l.log.Warn("no server decides on the digests of images; trying again", "deployment", deployment, "error", err)
		if !b.Wait(ctx) {
			return nil, ctx.Err()
		}
	}
}

// TaskSecrets returns the values that a task starts with, or the login of a registry. It waits for
// a server that answers, until ctx ends.
func (l *Link) TaskSecrets(ctx context.Context, in structs.TaskSecretsRequest) (structs.TaskSecrets, error) {
	for b := (wait.Backoff{}); ; {
		calling, cancel := context.WithTimeout(ctx, reportTimeout)
		out, err := l.cfg.Server.TaskSecrets(calling, l.cfg.Instance, in)
		cancel()
		if err == nil {
			return out, nil
		}
		l.log.Warn("no server gives the secrets of a task; trying again", "task", in.Task, "error", err)
		if !b.Wait(ctx) {
			return structs.TaskSecrets{}, ctx.Err()
		}
	}
}

// RoleCredentials asks once for temporary keys of a role of a task. An error of KindAccessDenied
// says why the task cannot have the role; after others it can be tried again.
func (l *Link) RoleCredentials(ctx context.Context, in structs.RoleCredentialsRequest) (structs.RoleCredentials, error) {
	return l.cfg.Server.RoleCredentials(ctx, l.cfg.Instance, in)
}

// IngressCertificates asks once what this ingress instance needs to serve HTTPS, when that is not
// what digest stands for. The answer may take half a minute.
func (l *Link) IngressCertificates(ctx context.Context, digest string) (structs.IngressCertificates, error) {
	return l.cfg.Server.IngressCertificates(ctx, l.cfg.Instance, digest)
}

// ACMECall asks once something about the order of a certificate.
func (l *Link) ACMECall(ctx context.Context, in structs.ACMECall) (structs.ACMEAnswer, error) {
	calling, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	return l.cfg.Server.ACMECall(calling, l.cfg.Instance, in)
}

// EnsureLogGroups makes the log groups exist that a task writes to. It fails with a *structs.Error
// if one does not exist and may not be made; other errors are of the connection.
func (l *Link) EnsureLogGroups(ctx context.Context, task string) error {
	calling, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	return l.cfg.Server.EnsureLogGroups(calling, l.cfg.Instance, task)
}

// LogGroupBegins returns, for those of the log groups that exist, from when on their events are
// kept.
func (l *Link) LogGroupBegins(ctx context.Context, groups []string) (map[string]structs.Time, error) {
	calling, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	return l.cfg.Server.LogGroupBegins(calling, l.cfg.Instance, groups)
}

// Unreported reports whether an update of the task is not in the log yet.
func (l *Link) Unreported(task string) bool { return l.reporter.has(task) }

// SetHealth reports the health of the container engine: Status and Reason.
func (l *Link) SetHealth(h structs.RuntimeHealth) { l.health.set(h) }

// LeaseLeft returns for how long no server will give the instance's tasks to another, minus a
// margin.
func (l *Link) LeaseLeft() time.Duration { return l.lease.left() }

// health is the health of the container engine, and whether it must be reported. It is safe for
// concurrent use.
type health struct {
	news chan struct{} // capacity 1: there is something to report

	mu  sync.Mutex
	now structs.RuntimeHealth // Status and Reason
}

func (h *health) set(now structs.RuntimeHealth) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = now
	wait.Nudge(h.news)
}

func (h *health) current() structs.RuntimeHealth {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// tellHealth reports the health of the engine whenever it has changed, until ctx ends.
func (l *Link) tellHealth(ctx context.Context) {
	for {
		select {
		case <-l.health.news:
		case <-ctx.Done():
			return
		}
		var b wait.Backoff
		for ctx.Err() == nil {
			one, cancel := context.WithTimeout(ctx, reportTimeout)
			err := l.cfg.Server.ReportRuntime(one, l.cfg.Instance, l.health.current())
			cancel()
			if err == nil {
				break
			}
			l.log.Warn("cannot report how the container engine does", "error", err)
			if refusal(err) { // the next registration includes it
				break
			}
			b.Wait(ctx)
		}
	}
}
