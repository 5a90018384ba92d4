package main

import (
	"io"
	"net"
	"net/http"
)

const twice = "two programs could read it in two ways"

var closeCases = []testCase{
	{name: "answers with a blank and closes", request: get(), answer: " ", closes: true, why: "nginx takes it for an answer of HTTP/0.9"},
	{name: "closes in the head", request: get(), answer: "HTTP/1.1 200 OK\r\nContent-", closes: true, why: "it is the target's fault"},
	{name: "closes in a sized body", request: get(), answer: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", closes: true},
	{name: "closes in a chunked body", request: get(), answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", closes: true},
	{name: "closes on the second request: GET", request: get(), serve: staleTarget, run: stale, why: "sent again: idempotent, without a body"},
	{name: "the same: DELETE", request: start("DELETE / HTTP/1.1"), serve: staleTarget, run: stale, why: "as above"},
	{name: "the same: POST", request: post("abc", "Content-Length: 3"), serve: staleTarget, run: stale, why: "nobody knows whether it was carried out"},
	{name: "the same: PUT with a body", request: "PUT / HTTP/1.1\r\nHost: web\r\nX-Case\r\nContent-Length: 3\r\n\r\nabc", serve: staleTarget, run: stale, why: "bodies are not kept for a second time"},
}

var strictCases = []testCase{
	{name: "length and chunked", request: post("0\r\n\r\n", "Content-Length: 5", "Transfer-Encoding: chunked"), why: twice},
	{name: "two lengths", request: post("abc", "Content-Length: 3", "Content-Length: 2"), why: twice},
	{name: "the same length twice", request: post("abc", "Content-Length: 3", "Content-Length: 3"), why: "refused like others that come twice"},
	{name: "length +3", request: post("abc", "Content-Length: +3")},
	{name: "identity", request: post("", "Transfer-Encoding: identity"), why: "elbv2 and RFC 9112 6.1: 501 for a coding that is not known"},
	{name: "gzip, chunked", request: post("0\r\n\r\n", "Transfer-Encoding: gzip, chunked"), why: "as above"},
	{name: "chunked twice", request: post("0\r\n\r\n", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), why: twice},
	{name: "chunked in HTTP/1.0", request: "POST / HTTP/1.0\r\nHost: web\r\nX-Case\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", why: "HTTP/1.0 does not know it"},
	{name: "blank before the colon", request: post("abc", "Content-Length : 3"), why: twice},
	{name: "folded header", request: get("X-A: 1", " 2"), why: twice},
	{name: "bare LF", request: "GET / HTTP/1.1\nHost: web\nX-Case\r\n\n", why: "lines end in CR LF"},
	{name: "CR in a value", request: get("X-A: 1\rX-B: 2"), why: twice},
	{name: "NUL in a value", request: get("X-A: 1\x002"), why: "a client's mistake is a 400"},
	{name: "name with a bracket", request: get("X(A): 1"), why: "RFC 9110 5.1"},
	{name: "no Host", request: "GET / HTTP/1.1\r\nX-Case\r\n\r\n", why: "RFC 9112 3.2"},
	{name: "two Hosts", request: get("Host: other"), why: "RFC 9112 3.2"},
	{name: "Host with a blank", request: "GET / HTTP/1.1\r\nHost: a b\r\nX-Case\r\n\r\n", why: "no host has one"},
	{name: "chunk of size 0x3", request: post("0x3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), why: "the target gets no end of the body, and its connection is closed"},
	{name: "chunk that is longer", request: post("3\r\nabcd\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), why: "as above"},
	{name: "chunk line with LF alone", request: post("3\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), why: "lines end in CR LF"},
	{name: "blank in the path", request: start("GET /a b HTTP/1.1")},
	{name: "NUL in the path", request: start("GET /\x00 HTTP/1.1")},
	{name: "HTTP/0.9", request: "GET /\r\n", why: "there is nothing to send to a target"},
	{name: "HTTP/1.2", request: start("GET / HTTP/1.2"), why: "505: not a version that it knows"},
}

// continueTarget says 100 and answers when the body has come.
func continueTarget(t *target, number string, _ int, c net.Conn, req *http.Request) {
	t.note(number, "Expect: "+req.Header.Get("Expect"))
	io.WriteString(c, "HTTP/1.1 100 Continue\r\n\r\n")
	io.ReadAll(req.Body)
	io.WriteString(c, ok)
}

// refuseTarget answers 417 without the body.
func refuseTarget(t *target, number string, _ int, c net.Conn, req *http.Request) {
	t.note(number, "Expect: "+req.Header.Get("Expect"))
	io.WriteString(c, "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}
