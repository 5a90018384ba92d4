package access

import (
	"bytes"
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
	"github.com/gantry-project/gantry/internal/route"
)

const (
	// auditSize is the size in bytes at which a new audit log is begun; auditKept is how many old
	// ones are kept.
	auditSize = 64 << 20
	auditKept = 4
)

// Audit records every write as one line of JSON: who made it, what it was, how it went, and from
// where. Old files are PATH.1 (the newest) to PATH.4. Safe for concurrent use.
type Audit struct {
	lines *slog.Logger
	file  *auditFile
}

// OpenAudit opens the audit log at a path, or creates it. A line that cannot be written is reported
// to log.
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

// Close closes the audit log.
func (a *Audit) Close() error {
	a.file.mu.Lock()
	defer a.file.mu.Unlock()
	return a.file.to.Close()
}

// note records a call that has been answered, if it was meant to change something.
func (a *Audit) note(r *http.Request, of route.Route, c *control.Caller, seen *watcher) {
	if a == nil || r.Method == http.MethodGet || of.Quiet || reads(c.Action) {
		return
	}
	attrs := []slog.Attr{
		slog.String("who", c.ARN), slog.String("action", c.Action), slog.Any("resources", c.Resources), slog.String("result", seen.result()),
		slog.Int("status", seen.status), slog.String("from", r.Header.Get(headerFrom)),
	}
	if c.Key != "" {
		attrs = append(attrs, slog.String("key", c.Key))
	}
	if len(c.Details) > 0 {
		attrs = append(attrs, slog.Any("details", c.Details))
	}
	if id := seen.Header().Get("X-Amzn-RequestId"); id != "" {
		attrs = append(attrs, slog.String("request", id))
	}
	a.lines.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelInfo, "write", attrs...)
}

// actionOf returns what a call asks for, as far as that is known before a door has authorized it.
func (g *Gate) actionOf(r *http.Request, of route.Route) string {
	if of.AWS {
		if action := g.ActionOf(r); action != "" {
			return action
		}
	}
	return r.Method + ":" + r.URL.Path
}

// reads reports whether an action of AWS only reads, which its name tells.
func reads(action string) bool {
	_, operation, _ := strings.Cut(action, ":")
	for _, verb := range []string{"Describe", "Discover", "Filter", "List", "Get"} {
		if strings.HasPrefix(operation, verb) {
			return true
		}
	}
	return false
}

// watcher records how a call went.
type watcher struct {
	http.ResponseWriter
	status  int
	refusal []byte // the beginning of the answer, if it is a refusal
}

// maxRefusal bounds how much of a refusal is kept, in bytes.
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

// result returns "ok", or the code of the error.
func (w *watcher) result() string {
	if w.status < http.StatusBadRequest {
		return "ok"
	}
	var answer struct {
		Type  string `json:"__type"`
		Error struct{ Code string }
	}
	if bytes.HasPrefix(w.refusal, []byte("<?xml")) { // of a Query API
		_, code, _ := strings.Cut(string(w.refusal), "<Code>")
		code, _, _ = strings.Cut(code, "</Code>")
		return code
	}
	// anything that is not one of our refusals has its status
	_ = json.Unmarshal(w.refusal, &answer)
	switch {
	case answer.Type != "":
		return answer.Type
	case answer.Error.Code != "":
		return answer.Error.Code
	}
	return http.StatusText(w.status)
}

// auditFile appends lines to a file, and starts a new one when it is full.
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
			f.log.Error("the audit log cannot be rotated; it continues in the same file", "error", err)
		}
	}
	n, err = f.to.Write(line)
	f.size += int64(n)
	if err != nil {
		f.log.Error("a write is missing from the audit log", "line", string(line), "error", err)
	}
	return n, err
}

// rotate renames the old files and starts a new one. If it fails, the current one is still open.
func (f *auditFile) rotate() error {
	for n := auditKept; n > 0; n-- {
		from := f.path
		if n > 1 {
			from = fmt.Sprintf("%s.%d", f.path, n-1)
		}
		if err := os.Rename(from, fmt.Sprintf("%s.%d", f.path, n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("rotate the audit log: %w", err)
		}
	}
	full := f.to
	if err := f.open(); err != nil {
		return err
	}
	return full.Close()
}
