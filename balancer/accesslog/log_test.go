package accesslog

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func entry() *Entry {
	at := time.Date(2026, 11, 30, 12, 0, 0, 123456789, time.UTC)
	return &Entry{
		Type: "h2", Time: at.Add(time.Second), LoadBalancer: "app/front/0123456789abcdef", Client: "192.0.2.7:4711", Target: "10.0.0.1:8080",
		RequestTime: 0.001, TargetTime: 0.25, ResponseTime: 0, Status: 200, TargetStatus: 201, Received: 34, Sent: 366,
		Method: "GET", URL: "https://www.example.org/a?b=c", Protocol: "HTTP/2.0", UserAgent: `curl "8"`, Cipher: "TLS_AES_128_GCM_SHA256", TLS: "TLSv1.3",
		GroupARN: "targetgroup/web/0123456789abcdef", TraceID: "Root=1-58337262-36d228ad5d99923122bbe354", Domain: "www.example.org",
		Priority: 5, Created: at, Actions: "forward",
	}
}

// The line is that of elbv2's page "Access log entries", field by field.
func TestALBLine(t *testing.T) {
	want := `h2 2026-11-30T12:00:01.123456Z app/front/0123456789abcdef 192.0.2.7:4711 10.0.0.1:8080 0.001 0.250 0.000 200 201 34 366 ` +
		`"GET https://www.example.org/a?b=c HTTP/2.0" "curl \x228\x22" TLS_AES_128_GCM_SHA256 TLSv1.3 targetgroup/web/0123456789abcdef ` +
		`"Root=1-58337262-36d228ad5d99923122bbe354" "www.example.org" "-" 5 2026-11-30T12:00:00.123456Z "forward" "-" "-" "10.0.0.1:8080" "201" "-" "-"` + "\n"
	if got := string(entry().appendALB(nil)); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	gone := &Entry{Type: "http", RequestTime: -1, TargetTime: -1, ResponseTime: -1, Method: "GET", URL: "http://x/\r\n\"é", Protocol: "HTTP/1.1"}
	line := string(gone.appendALB(nil))
	if !strings.Contains(line, ` - -1 -1 -1 - - 0 0 "GET http://x/\x0D\x0A\x22\xC3\xA9 HTTP/1.1" "-" - - - `) || strings.Count(line, "\n") != 1 {
		t.Errorf("a client that went away: %s", line)
	}
}

func TestLogIsReopened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "access.log")
	l, err := Open(path, FormatJSON, slog.Default())
	if err != nil {
		t.Fatal(err)
	}
	l.Write(entry())
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := l.Reopen(); err != nil {
		t.Fatal(err)
	}
	second := entry()
	second.Status = 502
	l.Write(second)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l.Write(entry()) // too late, and no harm
	for name, status := range map[string]int{path + ".1": 200, path: 502} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var e Entry
		if err := json.Unmarshal(text, &e); err != nil || e.Status != status || e.Domain != "www.example.org" {
			t.Errorf("%s has %s: %v", name, text, err)
		}
	}
	if _, err := Open(path, "xml", slog.Default()); err == nil {
		t.Error("a format that there is not is taken")
	}
	if _, err := Open(filepath.Join(path, "x"), FormatALB, slog.Default()); err == nil {
		t.Error("a file that cannot be opened is taken")
	}
}

// Lines are in the file after a moment, also if nothing more comes.
func TestLinesAreWrittenSoon(t *testing.T) {
	path := filepath.Join(t.TempDir(), "access.log")
	l, err := Open(path, FormatALB, slog.Default())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	l.Write(entry())
	for end := time.Now().Add(10 * time.Second); ; <-time.After(10 * time.Millisecond) {
		if text, _ := os.ReadFile(path); len(text) > 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the line is not written")
		}
	}
}
