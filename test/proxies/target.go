package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gantry-project/gantry/testutil/proxies"
)

const quiet = 400 * time.Millisecond

// target is a server that answers each case in its own way. It knows the case by the header X-Case.
type target struct {
	address string
	mu      sync.Mutex
	saw     map[string][]string // by case
}

func newTarget() (*target, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &target{address: l.Addr().String(), saw: map[string][]string{}}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go t.serve(c)
		}
	}()
	return t, nil
}

func (t *target) note(number, what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.saw[number] = append(t.saw[number], what)
}

func (t *target) serve(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	for n := 0; ; n++ {
		var raw bytes.Buffer
		for !bytes.HasSuffix(raw.Bytes(), []byte("\r\n\r\n")) {
			b, err := in.ReadByte()
			if err != nil {
				return
			}
			raw.WriteByte(b)
		}
		req, err := http.ReadRequest(bufio.NewReader(io.MultiReader(bytes.NewReader(raw.Bytes()), in)))
		if err != nil {
			return
		}
		number := req.Header.Get("X-Case")
		i, err := strconv.Atoi(number)
		if err != nil || i >= len(cases()) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			continue
		}
		one := cases()[i]
		if one.serve != nil {
			one.serve(t, number, n, c, req)
			return
		}
		body, _ := io.ReadAll(req.Body)
		t.note(number, describe(one, raw.String(), req, body))
		if _, err := io.WriteString(c, one.answer); err != nil || one.closes {
			return
		}
	}
}

// describe tells what the target saw of a request, as far as the case is about that.
func describe(c testCase, raw string, req *http.Request, body []byte) string {
	var parts []string
	if c.line {
		line, _, _ := strings.Cut(raw, "\r\n")
		parts = append(parts, strings.TrimSuffix(line, " HTTP/1.1"))
	}
	for _, name := range c.headers {
		for line := range strings.Lines(raw) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(key, name) {
				parts = append(parts, name+": "+strings.TrimSpace(value))
			}
		}
	}
	if len(body) > 0 {
		form := "sized"
		if req.TransferEncoding != nil {
			form = "chunked"
		}
		parts = append(parts, fmt.Sprintf("%s %q", form, body))
	}
	for name, value := range req.Trailer {
		if value != nil {
			parts = append(parts, "trailer "+name)
		}
	}
	if len(parts) == 0 {
		return "it"
	}
	return strings.Join(parts, "; ")
}

// all runs all cases through a proxy.
func (t *target) all(p *proxies.Proxy) (seen []string) {
	t.mu.Lock()
	t.saw = map[string][]string{}
	t.mu.Unlock()
	results := make([]string, len(cases()))
	var wait sync.WaitGroup
	for i, c := range cases() {
		if c.run != nil { // alone, since kept connections matter
			wait.Wait()
		}
		wait.Add(1)
		go func() {
			defer wait.Done()
			number := strconv.Itoa(i)
			got := c.client(p, strings.ReplaceAll(c.request, "X-Case\r\n", "X-Case: "+number+"\r\n"))
			time.Sleep(50 * time.Millisecond)
			t.mu.Lock()
			defer t.mu.Unlock()
			if saw := t.saw[number]; len(saw) > 0 {
				got += " → " + strings.Join(saw, ", then ")
			}
			results[i] = got
		}()
		if i%8 == 7 || c.run != nil {
			wait.Wait()
		}
	}
	wait.Wait()
	return results
}
