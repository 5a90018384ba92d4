package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gantry-project/gantry/control"
)

const (
	// auditSize is how large the audit log grows before it is begun anew, in bytes; auditKept is
	// how many earlier ones stay.
	auditSize = 64 << 20
	auditKept = 4
)

// Audit writes down every write: who, what, how it went, and from where; one line of JSON each.
// Earlier ones are PATH.1 (the newest) to PATH.4. Safe for concurrent use.
type Audit struct {
	lines *slog.Logger
	file  *auditFile
}

// OpenAudit opens the audit log at a path, or begins it. log is told where a line cannot be
// written.
func OpenAudit(path string, log *slog.Logger) (*Audit, error) {
	f := &auditFile{path: path, limit: auditSize, log: log}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open the audit log: %w", err)
	}
	if err := f.open(); err != nil {
		return nil, err
	}
	return &Audit{lines: slog.New(slog.NewJSONHandler(f, nil)), file: f}, nil
}

// Close ends the audit log.
func (a *Audit) Close() error {
	a.file.mu.Lock()
	defer a.file.mu.Unlock()
	return a.file.to.Close()
}

// note writes down a call that has been answered, if it was to change something.
func (a *Audit) note(r *http.Request, c *control.Caller, seen *watcher) {
	if a == nil || !writes(c.Action) {
		return
	}
	attrs := []slog.Attr{
		slog.String("who", c.ARN), slog.String("action", c.Action), slog.Any("resources", c.Resources), slog.String("result", seen.result()),
		slog.Int("status", seen.status), slog.String("from", r.Header.Get(headerFrom)),
	}
	if c.Key != "" {
		attrs = append(attrs, slog.String("key", c.Key))
	}
	if id := seen.Header().Get("X-Amzn-RequestId"); id != "" {
		attrs = append(attrs, slog.String("request", id))
	}
	a.lines.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelInfo, "write", attrs...)
}

// actionOf names what a call asks for before a door has said it.
func actionOf(r *http.Request) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" && r.URL.Path == "/" {
		service, operation, _ := strings.Cut(target, ".")
		if strings.HasPrefix(service, "AmazonEC2ContainerService") {
			service = "ecs"
		}
		return service + ":" + operation
	}
	return r.Method + ":" + r.URL.Path
}

// writes says whether an action is to change something. Agents say every moment that they are there
// and what their tasks do, and outside schedulers look for work; that is not written down.
func writes(action string) bool {
	_, verb, _ := strings.Cut(action, ":")
	if strings.HasPrefix(action, "GET:") || strings.HasPrefix(verb, "/v1/agent/") && verb != "/v1/agent/register" || strings.HasPrefix(verb, "/v1/peer/") {
		return false
	}
	for _, read := range []string{"Describe", "Discover", "List", "Get", "Plan", "Simulate", "NextEvaluation"} {
		if strings.HasPrefix(verb, read) {
			return false
		}
	}
	return true
}

// watcher sees how a call went.
type watcher struct {
	http.ResponseWriter
	status  int
	refusal []byte // the beginning of the answer, where it is one
}

// maxRefusal is how much of a refusal is looked at, in bytes.
const maxRefusal = 4 << 10

func (w *watcher) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *watcher) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if w.status >= http.StatusBadRequest && len(w.refusal) < maxRefusal {
		w.refusal = append(w.refusal, b...)
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (w *watcher) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// result is ok, or the code of the error.
func (w *watcher) result() string {
	if w.status < http.StatusBadRequest {
		return "ok"
	}
	var answer struct {
		Type  string `json:"__type"`
		Error struct{ Code string }
	}
	_ = json.Unmarshal(w.refusal, &answer) // what is none of our refusals has its status
	_, code, isXML := strings.Cut(string(w.refusal), "<Code>")
	switch {
	case isXML:
		code, _, _ = strings.Cut(code, "</Code>")
		return code
	case answer.Type != "":
		return answer.Type
	case answer.Error.Code != "":
		return answer.Error.Code
	}
	return http.StatusText(w.status)
}

// auditFile appends lines to a file, and begins another when it is full.
type auditFile struct {
	path  string
	limit int64
	log   *slog.Logger

	mu   sync.Mutex
	to   *os.File
	size int64
}

func (f *auditFile) open() error {
	to, err := os.OpenFile(f.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the audit log: %w", err)
	}
	info, err := to.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("open the audit log: %w", err), to.Close())
	}
	f.to, f.size = to, info.Size()
	return nil
}

func (f *auditFile) Write(line []byte) (n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.size > 0 && f.size+int64(len(line)) > f.limit {
		if err := f.rotate(); err != nil {
			f.log.Error("the audit log goes on in the same file", "error", err)
		}
	}
	n, err = f.to.Write(line)
	f.size += int64(n)
	if err != nil {
		f.log.Error("a write is missing in the audit log", "line", string(line), "error", err)
	}
	return n, err
}

// rotate moves the earlier ones on, and begins another. Where that fails the present one is still
// open.
func (f *auditFile) rotate() error {
	for n := auditKept; n > 0; n-- {
		from := f.path
		if n > 1 {
			from = fmt.Sprintf("%s.%d", f.path, n-1)
		}
		if err := os.Rename(from, fmt.Sprintf("%s.%d", f.path, n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("put the full audit log aside: %w", err)
		}
	}
	full := f.to
	if err := f.open(); err != nil {
		return err
	}
	return full.Close()
}
