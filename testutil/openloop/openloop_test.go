package openloop

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestLoad: a slow answer delays no other request, and is measured from when its request was to be
// sent; what fails is counted with its reason.
func TestLoad(t *testing.T) {
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch n.Add(1) {
		case 3:
			time.Sleep(300 * time.Millisecond)
		case 5:
			http.Error(w, "no", http.StatusBadGateway)
		case 6:
			panic(http.ErrAbortHandler)
		}
	}))
	defer server.Close()
	l := Start(Config{Rate: 100, URLs: []string{server.URL}, Fresh: true})
	time.Sleep(500 * time.Millisecond)
	r := l.Stop()
	if r.Requests < 40 || len(r.Failed) != 2 || r.Max < 300*time.Millisecond || r.P50 > 100*time.Millisecond {
		t.Error(r)
	}
	if text := r.String(); !strings.Contains(text, "1 × status 502: no") {
		t.Error(text)
	}
}
