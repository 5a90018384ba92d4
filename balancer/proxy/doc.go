// Package proxy carries HTTP requests from the clients of a listener to targets and the answers
// back: HTTP/1.1, HTTP/2 and WebSocket. Which target a request goes to is its Router's matter.
package proxy
