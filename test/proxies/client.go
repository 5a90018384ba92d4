package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gantry-project/gantry/testutil/proxies"
)

// client sends a request as it is, and tells what came back.
func (c testCase) client(p *proxies.Proxy, request string) string {
	conn, err := net.Dial("tcp", p.Plain)
	if err != nil {
		return err.Error()
	}
	defer conn.Close()
	if c.run != nil {
		return c.run(conn, request)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		return err.Error()
	}
	if c.half {
		conn.(*net.TCPConn).CloseWrite()
	}
	got, closed := readQuiet(conn)
	return c.answers(got, closed)
}

// readQuiet reads until nothing comes for a while, or the connection ends.
func readQuiet(conn net.Conn) (got []byte, closed bool) {
	b := make([]byte, 64<<10)
	for {
		conn.SetReadDeadline(time.Now().Add(quiet))
		n, err := conn.Read(b)
		got = append(got, b[:n]...)
		if err != nil {
			var timeout net.Error
			return got, !(errors.As(err, &timeout) && timeout.Timeout())
		}
	}
}

// answers tells the statuses, and the bodies of those that succeed.
func (c testCase) answers(got []byte, closed bool) string {
	var parts []string
	in := bufio.NewReader(bytes.NewReader(got))
	method, _, _ := strings.Cut(c.request, " ")
	for in.Buffered() > 0 || len(parts) == 0 {
		resp, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			break
		}
		part := fmt.Sprint(resp.StatusCode)
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			part += " broken off"
		} else if resp.StatusCode < 400 && len(body) > 0 && len(body) < 40 {
			part += fmt.Sprintf(" %q", body)
		}
		for _, name := range c.shown {
			for _, value := range resp.Header.Values(name) {
				part += " " + name + ": " + value
			}
			if name == "Transfer-Encoding" && resp.TransferEncoding != nil {
				part += " chunked"
			}
		}
		for name := range resp.Trailer {
			if resp.Trailer.Get(name) != "" {
				part += " trailer " + name
			}
		}
		parts = append(parts, part)
	}
	text := strings.Join(parts, ", ")
	if len(parts) == 0 {
		text = "–"
		if len(got) > 0 {
			text = fmt.Sprintf("%.20q", got)
		}
	}
	if closed {
		text += " ✂"
	}
	return text
}

// stale sends a first request on the connection and then another: the target closes when it has
// read that.
func stale(conn net.Conn, request string) string {
	number, _, _ := strings.Cut(request[strings.Index(request, "X-Case: "):], "\r\n")
	fmt.Fprintf(conn, "GET /first HTTP/1.1\r\nHost: web\r\n%s\r\n\r\n", number)
	first, _ := readQuiet(conn)
	if !bytes.HasPrefix(first, []byte("HTTP/1.1 200")) {
		return fmt.Sprintf("first: %.20q", first)
	}
	io.WriteString(conn, request)
	got, closed := readQuiet(conn)
	return testCase{request: request}.answers(got, closed)
}

// staleTarget answers the first request on a connection, and closes it when it has read the second.
func staleTarget(t *target, _ string, _ int, c net.Conn, req *http.Request) {
	in := bufio.NewReader(c)
	for i := 0; ; i++ {
		io.Copy(io.Discard, req.Body)
		if req.URL.Path != "/first" {
			t.note(req.Header.Get("X-Case"), req.Method)
			if i > 0 {
				return
			}
		}
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		var err error
		if req, err = http.ReadRequest(in); err != nil {
			return
		}
	}
}

// earlyTarget answers 413 without reading the body.
func earlyTarget(t *target, number string, _ int, c net.Conn, _ *http.Request) {
	io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

// upload sends 20 MB after the head.
func upload(conn net.Conn, request string) string {
	io.WriteString(conn, request)
	done := make(chan struct{})
	go func() {
		defer close(done)
		piece := make([]byte, 1<<20)
		for range 20 {
			if _, err := conn.Write(piece); err != nil {
				return
			}
		}
	}()
	got, closed := readQuiet(conn)
	conn.Close()
	<-done
	return testCase{request: request}.answers(got, closed)
}

// expectYes sends the body when 100 comes.
func expectYes(conn net.Conn, request string) string {
	io.WriteString(conn, request)
	first, closed := readQuiet(conn)
	if !bytes.HasPrefix(first, []byte("HTTP/1.1 100")) {
		return testCase{request: request}.answers(first, closed)
	}
	io.WriteString(conn, "abc")
	rest, closed := readQuiet(conn)
	return testCase{request: request}.answers(append(first, rest...), closed)
}

// upgraded changes the protocol, sends, ends its half and reads on.
func upgraded(conn net.Conn, request string) string {
	io.WriteString(conn, request)
	head, closed := readQuiet(conn)
	if closed || !bytes.HasPrefix(head, []byte("HTTP/1.1 101")) {
		return testCase{request: request}.answers(head, closed)
	}
	io.WriteString(conn, "hello")
	conn.(*net.TCPConn).CloseWrite()
	rest, _ := readQuiet(conn)
	return fmt.Sprintf("101 %q", rest)
}

func upgradeTarget(t *target, number string, _ int, c net.Conn, req *http.Request) {
	t.note(number, strings.TrimSpace("Upgrade: "+req.Header.Get("Upgrade")))
	if req.Header.Get("Upgrade") == "" {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		return
	}
	io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: "+req.Header.Get("Upgrade")+
		"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
	c.SetReadDeadline(time.Now().Add(3 * time.Second))
	b, _ := io.ReadAll(c)
	time.Sleep(100 * time.Millisecond)
	fmt.Fprintf(c, "%s bye", b)
}
