package proxy

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestSettingsOfForwardedHeaders(t *testing.T) {
	r := newRig(t, Settings{}, target(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "host %s, for %s, invalid %s\n", r.Host, strings.Join(r.Header["X-Forwarded-For"], "|"), r.Header.Get("X_a"))
	}))
	_, port, _ := net.SplitHostPort(r.address)
	for _, row := range []struct {
		settings Settings
		want     string
	}{
		{Settings{}, "host web:" + port + ", for 192.0.2.1, 192.0.2.2, 127.0.0.1, invalid 1\n"},
		{Settings{ForwardedFor: "append", KeepHost: true}, "host web, for 192.0.2.1, 192.0.2.2, 127.0.0.1, invalid 1\n"},
		{Settings{ForwardedFor: "preserve", KeepHost: true}, "host web, for 192.0.2.1|192.0.2.2, invalid 1\n"},
		{Settings{ForwardedFor: "remove", KeepHost: true}, "host web, for , invalid 1\n"},
		{Settings{KeepHost: true, DropInvalid: true}, "host web, for 192.0.2.1, 192.0.2.2, 127.0.0.1, invalid \n"},
	} {
		r.server.Configure(row.settings)
		got := r.raw("GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\nX_a: 1\r\n\r\n")
		wantIn(t, got, row.want)
	}
	r.server.Configure(Settings{ClientPort: true})
	if got := r.raw("GET /" + closing); !regexp.MustCompile(`for 127\.0\.0\.1:\d+,`).MatchString(got) {
		t.Fatal(got)
	}
}

func TestTraceID(t *testing.T) {
	now := time.Unix(0x67891233, 0)
	for given, want := range map[string]string{
		"":                                 `^Root=1-67891233-[0-9a-f]{24}$`,
		"Root=1-1-2":                       `^Self=1-67891233-[0-9a-f]{24};Root=1-1-2$`,
		"Self=1-8-9;Root=1-1-2;CalledBy=a": `^Self=1-67891233-[0-9a-f]{24};Root=1-1-2;CalledBy=a$`,
		"CalledBy=a":                       `^Self=1-67891233-[0-9a-f]{24};Root=1-67891233-[0-9a-f]{24};CalledBy=a$`,
	} {
		if got := traceID(given, now); !regexp.MustCompile(want).MatchString(got) {
			t.Fatalf("%q became %q", given, got)
		}
	}
}

func TestDesyncModes(t *testing.T) {
	r := newRig(t, Settings{}, target(t, echo))
	get := "GET / HTTP/1.1\r\nHost: web\r\nContent-Length: 3\r\n\r\nabc"
	last := "GET /2" + closing
	for mode, want := range map[string]string{"monitor": "200 200 ", "defensive": "200 ", "": "200 ", "strictest": "400 "} {
		r.server.Configure(Settings{Desync: mode})
		got := ""
		for _, m := range regexp.MustCompile(`HTTP/1.1 (\d+ )`).FindAllStringSubmatch(r.raw(get+last), -1) {
			got += m[1]
		}
		if got != want {
			t.Fatalf("%s: %q", mode, got)
		}
	}
	if o := r.router.last(t, 1); o.Class != "Ambiguous" || o.ClassReason != "UndefinedContentLengthSemantics" {
		t.Fatalf("%+v", o)
	}
	if o := r.router.refusal(t, 1); o.Class != "Ambiguous" {
		t.Fatalf("%+v", o)
	}
	r.server.Configure(Settings{Desync: "strictest"})
	wantIn(t, r.raw("POST / HTTP/1.1\r\nHost: web\r\nTransfer_Encoding: chunked\r\n\r\n"), "HTTP/1.1 400 ")
	wantIn(t, r.raw("POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\nx\r\n0\r\n\r\n"), "HTTP/1.1 400 ")
}

func TestLimitOfBodies(t *testing.T) {
	r := newRig(t, Settings{MaxBody: 10}, target(t, echo))
	wantIn(t, r.raw("POST / HTTP/1.1\r\nHost: web\r\nConnection: close\r\nContent-Length: 10\r\n\r\n0123456789"), "X-Got: 10\r\n")
	wantIn(t, r.raw("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 11\r\n\r\n"), "HTTP/1.1 413 ")
	wantIn(t, r.raw("POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n6\r\n678901\r\n0\r\n\r\n"), "HTTP/1.1 413 ")
}

// TestAnswersOfTheRouter are those without a target.
func TestAnswersOfTheRouter(t *testing.T) {
	for _, secure := range []bool{false, true} {
		r := startRig(t, Settings{HTTP2: true}, secure)
		r.router.answer = &Decision{Status: 301, Header: [][2]string{{"Location", "https://web/"}}}
		client, scheme := http.DefaultClient, "http"
		if secure {
			client, scheme = http2Client(t), "https"
		}
		copied := *client
		copied.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		resp, err := copied.Post(scheme+"://"+r.address, "a/b", strings.NewReader("abc"))
		if err != nil || resp.StatusCode != 301 || resp.Header.Get("Location") != "https://web/" || resp.ContentLength != 0 {
			t.Fatal(err, resp)
		}
		r.router.answer = &Decision{Status: 200, Header: [][2]string{{"Content-Type", "text/plain"}}, Body: "hello"}
		resp, err = copied.Get(scheme + "://" + r.address)
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := io.ReadAll(resp.Body); string(b) != "hello" || resp.Header.Get("Server") != "gantry" || resp.Header.Get("Date") == "" {
			t.Fatalf("%q %v", b, resp.Header)
		}
		if o := r.router.last(t, 2); o.Status != 200 || o.Target != nil {
			t.Fatalf("%+v", o)
		}
	}
}

func TestCookiesAreAdded(t *testing.T) {
	r := newRig(t, Settings{}, answering(t, "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n"))
	r.router.cookies = []string{"AWSALB=x; Path=/"}
	wantIn(t, r.raw("GET /"+closing), "Set-Cookie: a=1\r\nContent-Length: 0\r\nSet-Cookie: AWSALB=x; Path=/\r\n")
}

func TestPlainHTTPOnATLSPort(t *testing.T) {
	r := startRig(t, Settings{HTTP2: true}, true)
	c, err := net.Dial("tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: web\r\n\r\n")
	got, _ := io.ReadAll(c)
	wantIn(t, string(got), "This port speaks HTTPS")
}
