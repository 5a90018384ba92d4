package main

import (
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// testCase is one request, or a few on one connection.
type testCase struct {
	group, name string
	// request is sent as it is; a line X-Case alone gets the number of the case, by which the
	// target knows it.
	request string
	half    bool // the client ends its half after the request
	// answer is the target's, as it is; then it closes, or not.
	answer  string
	closes  bool
	line    bool     // the request line that the target saw is told
	headers []string // and these headers
	shown   []string // headers of the answer that are told
	// serve and run are for what is more than a request and an answer.
	serve func(t *target, number string, n int, c net.Conn, req *http.Request)
	run   func(conn net.Conn, request string) string
	why   string // where Gantry differs from others
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// get is a GET with more header lines.
func get(more ...string) string {
	return "GET / HTTP/1.1\r\nHost: web\r\nX-Case\r\n" + lines(more) + "\r\n"
}

// post is a POST with header lines and a body.
func post(body string, more ...string) string {
	return "POST / HTTP/1.1\r\nHost: web\r\nX-Case\r\n" + lines(more) + "\r\n" + body
}

// start is a request with another first line.
func start(line string) string {
	return line + "\r\nHost: web\r\nX-Case\r\n\r\n"
}

func lines(list []string) string {
	var b strings.Builder
	for _, l := range list {
		b.WriteString(l + "\r\n")
	}
	return b.String()
}

// cases are all, each group with its default answer.
var cases = sync.OnceValue(func() []testCase {
	all := slices.Concat(
		grouped("Requests", requestCases), grouped("Headers", headerCases), grouped("Bodies", bodyCases), grouped("Answers", answerCases),
		grouped("Upgrades", upgradeCases), grouped("Targets that close", closeCases), grouped("Refused requests", strictCases))
	return all
})

func grouped(group string, list []testCase) []testCase {
	for i := range list {
		list[i].group = group
		if list[i].answer == "" {
			list[i].answer = ok
		}
	}
	return list
}

var requestCases = []testCase{
	{name: "GET", request: get(), line: true},
	{name: "path with .., %2F and //", request: start("GET /a/../b%2f//c?x=%20 HTTP/1.1"), line: true, why: "what the client sent goes to the target; rules see the same text"},
	{name: "path with UTF-8", request: start("GET /ä HTTP/1.1"), line: true, why: "many programs send it; it goes on as it is"},
	{name: "OPTIONS *", request: start("OPTIONS * HTTP/1.1"), line: true, why: "RFC 9112 3.2.4"},
	{name: "absolute form, same host", request: start("GET http://web/x HTTP/1.1"), line: true, why: "RFC 9112 3.2.2: servers must take it"},
	{name: "absolute form, other host", request: start("GET http://other/x HTTP/1.1"), line: true, headers: []string{"Host"}, why: "two hosts in one request: rules and target could read it in two ways"},
	{name: "method of one's own", request: start("BREW / HTTP/1.1"), line: true},
	{name: "TRACE", request: start("TRACE / HTTP/1.1"), why: "elbv2 does not take it"},
	{name: "CONNECT", request: start("CONNECT web:443 HTTP/1.1"), why: "it is no forward proxy"},
	{name: "HTTP/1.0 without Host", request: "GET / HTTP/1.0\r\nX-Case\r\n\r\n", line: true, shown: []string{"Connection"}, why: "HTTP/1.1 to targets, with the target's address as Host"},
	{name: "HTTP/1.0 with keep-alive", request: "GET / HTTP/1.0\r\nHost: web\r\nX-Case\r\nConnection: keep-alive\r\n\r\n", shown: []string{"Connection"}},
	{name: "two pipelined requests", request: get() + get(), line: true},
	{name: "empty line before the request", request: "\r\n" + get(), why: "RFC 9112 2.2: some clients send one after a body"},
	{name: "client ends its half after the request", request: get(), half: true, why: "the client can still read (HAProxy does the same)"},
	{name: "Connection: close", request: get("Connection: close"), shown: []string{"Connection"}},
}

var headerCases = []testCase{
	{name: "X-Forwarded-For of the client", request: get("X-Forwarded-For: 192.0.2.1"), headers: []string{"X-Forwarded-For"}, why: "elbv2: append; Caddy trusts no proxy unless told"},
	{name: "X-Forwarded-Proto of the client", request: get("X-Forwarded-Proto: https"), headers: []string{"X-Forwarded-Proto"}},
	{name: "X-Forwarded-Host, Forwarded, X-Real-Ip", request: get("X-Forwarded-Host: a", "Forwarded: for=a", "X-Real-Ip: a"), headers: []string{"X-Forwarded-Host", "Forwarded", "X-Real-Ip"},
		why: "elbv2 leaves them as they are"},
	{name: "header that Connection names", request: get("Connection: X-Hop", "X-Hop: 1"), headers: []string{"X-Hop", "Connection"}, why: "RFC 9110 7.6.1"},
	{name: "Connection names Host", request: get("Connection: Host, X-Forwarded-For"), headers: []string{"Host", "X-Forwarded-For"}, why: "what the proxy itself heeds or adds cannot be taken away"},
	{name: "Keep-Alive, Proxy-Connection", request: get("Keep-Alive: timeout=9", "Proxy-Connection: a"), headers: []string{"Keep-Alive", "Proxy-Connection"}, why: "they are of one connection"},
	{name: "TE: trailers, gzip", request: get("TE: trailers, gzip", "Connection: TE"), headers: []string{"TE"}, why: "trailers are passed on, so the target may send some"},
	{name: "Via", request: get("Via: 1.1 a"), headers: []string{"Via"}, why: "elbv2 leaves it as it is"},
	{name: "name with _", request: get("X_A: 1"), headers: []string{"X_A"}, why: "elbv2 passes it, but for routing.http.drop_invalid_header_fields.enabled"},
	{name: "the same name twice", request: get("X-A: 1", "X-A: 2"), headers: []string{"X-A"}},
	{name: "Cookie twice", request: get("Cookie: a=1", "Cookie: b=2"), headers: []string{"Cookie"}},
	{name: "empty value", request: get("X-A:"), headers: []string{"X-A"}},
	{name: "Accept-Encoding absent", request: get(), headers: []string{"Accept-Encoding", "User-Agent"}, why: "Caddy asks for gzip itself and unpacks it"},
	{name: "header of 20 kB", request: get("X-A: " + strings.Repeat("a", 20<<10)), why: "elbv2: a head of 64 kB in all"},
	{name: "header of 70 kB", request: get("X-A: " + strings.Repeat("a", 70<<10)), why: "the same; 431 is what RFC 6585 has for it"},
}

var bodyCases = []testCase{
	{name: "sized", request: post("abc", "Content-Length: 3")},
	{name: "chunked", request: post("3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), why: "nginx reads a small body first; here it goes on as it comes"},
	{name: "chunked with trailers", request: post("3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n", "Transfer-Encoding: chunked", "Trailer: X-Sum"), why: "trailers are a part of the message (gRPC-Web and signatures use them)"},
	{name: "chunk extension", request: post("3;a=b\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), why: "as above; the extension goes no further"},
	{name: "GET with a body", request: get("Content-Length: 3") + "abc", why: "elbv2 (defensive) calls it ambiguous and closes both connections"},
	{name: "POST without a length", request: post(""), headers: []string{"Content-Length"}, why: "a target need not guess (RFC 9110 8.6)"},
	{name: "Expect, the target says 100", request: post("", "Expect: 100-continue", "Content-Length: 3"), answer: "HTTP/1.1 100 Continue\r\n\r\n" + ok, run: expectYes,
		serve: continueTarget, why: "the target decides; nginx says 100 by itself"},
	{name: "Expect, the target says 417", request: post("", "Expect: 100-continue", "Content-Length: 3"), serve: refuseTarget, why: "the target decides, before the client sends its body"},
	{name: "Expect of something else", request: post("abc", "Expect: a", "Content-Length: 3"), why: "RFC 9110 10.1.1"},
	{name: "413 while 20 MB are sent", request: post("", "Content-Length: 20971520"), serve: earlyTarget, run: upload, why: "the client gets the target's word"},
}

var answerCases = []testCase{
	{name: "chunked with trailers", request: get(), answer: "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n", why: "trailers are a part of the message"},
	{name: "103 Early Hints", request: get(), answer: "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + ok, why: "nginx takes the 103 for the answer"},
	{name: "102 and 103", request: get(), answer: "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + ok, why: "as above"},
	{name: "103 to HTTP/1.0", request: "GET / HTTP/1.0\r\nHost: web\r\nX-Case\r\n\r\n", answer: "HTTP/1.1 103 Early Hints\r\n\r\n" + ok, why: "HTTP/1.0 does not know them (RFC 9110 15.2)"},
	{name: "101 that nobody asked for", request: get(), answer: "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n", why: "the connection would carry what nobody understands"},
	{name: "HEAD", request: "HEAD / HTTP/1.1\r\nHost: web\r\nX-Case\r\n\r\n", answer: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", shown: []string{"Content-Length"}},
	{name: "HEAD, chunked", request: "HEAD / HTTP/1.1\r\nHost: web\r\nX-Case\r\n\r\n", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
	{name: "204", request: get(), answer: "HTTP/1.1 204 No Content\r\n\r\n"},
	{name: "304 with a length", request: get(), answer: "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", shown: []string{"Content-Length"}, why: "the length is that of the document"},
	{name: "until the connection ends", request: get(), answer: "HTTP/1.0 200 OK\r\n\r\nok", closes: true, why: "the client can use its connection again"},
	{name: "the same to HTTP/1.0", request: "GET / HTTP/1.0\r\nHost: web\r\nX-Case\r\n\r\n", answer: "HTTP/1.0 200 OK\r\n\r\nok", closes: true},
	{name: "chunked to HTTP/1.0", request: "GET / HTTP/1.0\r\nHost: web\r\nX-Case\r\n\r\n", answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", shown: []string{"Transfer-Encoding"}, why: "HTTP/1.0 does not know chunks"},
	{name: "Server", request: get(), answer: "HTTP/1.1 200 OK\r\nServer: a\r\nContent-Length: 0\r\n\r\n", shown: []string{"Server"}, why: "the answer is the target's"},
	{name: "Set-Cookie twice", request: get(), answer: "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n", shown: []string{"Set-Cookie"}},
	{name: "status 299 without a reason", request: get(), answer: "HTTP/1.1 299\r\nContent-Length: 0\r\n\r\n"},
	{name: "two lengths", request: get(), answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", why: "it has two readings"},
	{name: "length and chunked", request: get(), answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", why: "it has two readings"},
	{name: "bare LF", request: get(), answer: "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", why: "lines end in CR LF; what is not strict is not passed on"},
	{name: "folded header", request: get(), answer: "HTTP/1.1 200 OK\r\nX-A: 1\r\n 2\r\nContent-Length: 2\r\n\r\nok", why: "it has two readings"},
	{name: "not HTTP", request: get(), answer: "SSH-2.0-a\r\n\r\n", closes: true, why: "nginx takes it for an answer of HTTP/0.9"},
}

var upgradeCases = []testCase{
	{name: "websocket, client ends its half", request: get("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), serve: upgradeTarget, run: upgraded, why: "the other half stays open: the target's last bytes come"},
	{name: "another protocol", request: get("Connection: Upgrade", "Upgrade: a/1"), serve: upgradeTarget, run: upgraded, why: "as above"},
	{name: "Upgrade without Connection", request: get("Upgrade: websocket"), serve: upgradeTarget, run: upgraded, why: "RFC 9110 7.8: it is no request to upgrade"},
	{name: "h2c", request: get("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"), serve: upgradeTarget, run: upgraded, why: "what came then would pass by all rules; targets that speak h2c are reached by the protocol version HTTP2"},
}
