// Package proxy carries HTTP requests from the clients of a listener to targets and the answers
// back. Which target a request goes to is its Router's matter.
//
// A Server takes connections. An HTTP/1 connection is a conn, which one goroutine serves; streams
// of HTTP/2 and HTTP/3 come from net/http and quic-go. Either makes an exchange of each request.
// The exchange asks the Router, talks to the target (http1.go, http2target.go) and answers by its
// front, which is the client's side (front.go, http2.go). A reader and a writer hold buffers only
// while something is in them. Heads are read by parse.go, bodies by body.go: what two programs may
// read in two ways is refused. docs/adr/0050 says why it is not net/http.
package proxy
