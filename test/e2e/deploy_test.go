package e2e

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gantry-project/gantry/testutil"
)

// site is a name that gantry deploy serves, as its clients see it.
type site struct {
	host        string
	http, https int32
	client      *http.Client
}

// newSite returns a client that reaches every host name at this machine. It does not follow
// redirects, and trusts every certificate: those are the tests of certificates.
func newSite(host string, httpPort, httpsPort int32) *site {
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:"+port)
	}
	return &site{host: host, http: httpPort, https: httpsPort, client: &http.Client{
		Timeout:       10 * time.Second,
		Transport:     &http.Transport{DialContext: dial, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// get returns the page at a path over HTTPS.
func (s *site) get(path string) (string, error) {
	answer, err := s.client.Get(fmt.Sprintf("https://%s:%d%s", s.host, s.https, path))
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", answer.Status, body)
	}
	return string(body), err
}

// load asks for a page a hundred times a second until it is stopped.
type load struct {
	stop   chan struct{}
	done   sync.WaitGroup
	mu     sync.Mutex
	asked  int
	failed []string
}

func (s *site) load() *load {
	l := &load{stop: make(chan struct{})}
	l.done.Go(func() {
		for tick := time.NewTicker(10 * time.Millisecond); ; {
			select {
			case <-l.stop:
				tick.Stop()
				return
			case <-tick.C:
				l.done.Go(func() { l.note(s.get("/")) })
			}
		}
	})
	return l
}

func (l *load) note(_ string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asked++; err != nil {
		l.failed = append(l.failed, err.Error())
	}
}

// end stops the requests, none of which may have failed.
func (l *load) end(t *testing.T, during string) {
	t.Helper()
	close(l.stop)
	l.done.Wait()
	if len(l.failed) > 0 || l.asked == 0 {
		t.Errorf("%d of %d requests failed during %s, the first one: %v", len(l.failed), l.asked, during, l.failed[:min(1, len(l.failed))])
	}
}

// must runs a command of the command line, which has to succeed.
func (d *dev) must(args ...string) string {
	d.t.Helper()
	out, err := d.gantry(args...)
	if err != nil {
		d.t.Fatalf("gantry %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// TestDeploy makes a service out of an image, which is reached over HTTPS by its name; moves it to
// other settings and back under load, without a failed request; and removes it.
func TestDeploy(t *testing.T) {
	s := newSite("web.example.org", freePort(t), freePort(t))
	d := startDev(t, "--ingress-http-port", fmt.Sprint(s.http), "--ingress-https-port", fmt.Sprint(s.https))
	out := d.must("deploy", testutil.AppImage, "--name", "web", "--count", "2", "--host", s.host, "--command", "serve", "--env", "GREETING=First", "--memory", "32")
	if url := fmt.Sprintf("https://%s:%d", s.host, s.https); !strings.HasSuffix(strings.TrimSpace(out), url) {
		t.Errorf("deploy does not end with %s:\n%s", url, out)
	}
	wantPage := func(greeting string) {
		t.Helper()
		if page, err := s.get("/"); err != nil || !strings.HasPrefix(page, greeting) {
			t.Errorf("the page is %q (%v), want %s", page, err, greeting)
		}
	}
	wantPage("First")
	answer, err := s.client.Get(fmt.Sprintf("http://%s:%d/a?b=c", s.host, s.http))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if to := answer.Header.Get("Location"); answer.StatusCode != http.StatusMovedPermanently || to != fmt.Sprintf("https://%s:%d/a?b=c", s.host, s.https) {
		t.Errorf("HTTP answers %s, to %q", answer.Status, to)
	}

	l := s.load()
	d.must("deploy", testutil.AppImage, "--name", "web", "--env", "GREETING=Second")
	l.end(t, "a deployment")
	wantPage("Second")
	l = s.load()
	if out := d.must("undo", "web"); !strings.Contains(out, "goes back from version 2") {
		t.Errorf("undo says:\n%s", out)
	}
	l.end(t, "an undo")
	wantPage("First")
	if out := d.must("lb", "inspect", "web"); strings.Count(out, " healthy ") != 2 {
		t.Errorf("lb inspect shows\n%s", out)
	}

	d.must("job", "stop", "web")
	deadline := time.Now().Add(patience)
	for strings.Contains(d.must("lb", "ls"), "default-web") {
		if time.Now().After(deadline) {
			t.Fatalf("the target group is left: %s", d.must("lb", "ls"))
		}
		time.Sleep(100 * time.Millisecond)
	}
	if page, err := s.get("/"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("after the end the page is %q (%v)", page, err)
	}
}
