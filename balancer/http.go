package balancer

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/gantry-project/gantry/balancer/proxy"
	"github.com/gantry-project/gantry/structs"
)

// serveHTTP serves HTTP or HTTPS on the port's socket.
func (p *port) serveHTTP() {
	engine := proxy.New(p.settings(), router{p})
	p.changed = func() { engine.Configure(p.settings()) }
	socket := &room{p.socket, p.byProxy}
	ended := make(chan error, 1)
	go func() {
		if p.kind == structs.ProtocolHTTPS {
			ended <- engine.ServeTLS(socket, p.balancer.tlsConfig(p))
		} else {
			ended <- engine.Serve(socket)
		}
	}()
	ctx, cancel := context.WithCancel(context.Background())
	if p.http3() {
		go p.serveHTTP3(ctx, engine)
	}
	p.stop = func() { p.socket.Close() }
	p.finish = func(ctx context.Context) {
		if err := engine.Shutdown(ctx); err != nil {
			p.balancer.log.Warn("requests on a port that was closed did not end in time, and were cut off", "port", p.key.number)
		}
		<-ended
		cancel()
	}
}

// http3 reports whether the port takes HTTP/3.
func (p *port) http3() bool {
	return p.kind == structs.ProtocolHTTPS &&
		structs.AttributeOf(p.plan.Load().listeners[0].spec.Listener.Attributes, structs.AttributeHTTP3) == "true"
}

// serveHTTP3 serves HTTP/3 beside HTTPS until ctx ends. While the UDP port cannot be had, clients
// go on with HTTP/2.
func (p *port) serveHTTP3(ctx context.Context, engine *proxy.Server) {
	for logged := false; ; logged = true {
		packets, err := net.ListenPacket("udp", p.socket.Addr().String())
		if err == nil {
			defer context.AfterFunc(ctx, func() { packets.Close() })()
			err = engine.ServeHTTP3(packets, p.balancer.tlsConfig(p))
		}
		if err == nil || ctx.Err() != nil {
			return
		}
		if !logged {
			p.balancer.log.Warn("HTTP/3 is not served on a port; trying again every second", "port", p.key.number, "error", err)
		}
		select {
		case <-time.After(portRetry):
		case <-ctx.Done():
			return
		}
	}
}

// AttributePlainHTTP2 is the attribute of a load balancer whose clients of HTTP listeners all speak
// HTTP/2. Users cannot set it: it is for Service Connect.
const AttributePlainHTTP2 = "gantry.plain_http2.enabled"

// settings returns how requests on the port are read and passed on: as the attributes of the oldest
// listener's load balancer say.
func (p *port) settings() proxy.Settings {
	oldest := p.plan.Load().listeners[0].spec
	get := func(key string) string { return structs.AttributeOf(oldest.LoadBalancer.Attributes, key) }
	s := proxy.Settings{
		IdleTimeout:  seconds(get("idle_timeout.timeout_seconds"), time.Minute),
		KeepHost:     get("routing.http.preserve_host_header.enabled") == "true",
		ForwardedFor: or(get("routing.http.xff_header_processing.mode"), "append"),
		ClientPort:   get("routing.http.xff_client_port.enabled") == "true",
		DropInvalid:  get("routing.http.drop_invalid_header_fields.enabled") == "true",
		Desync:       or(get("routing.http.desync_mitigation_mode"), "defensive"),
		HTTP2:        get("routing.http2.enabled") != "false",
		PlainHTTP2:   get(AttributePlainHTTP2) == "true",
	}
	if p.http3() {
		s.AltSvc = fmt.Sprintf(`h3=":%d"; ma=86400`, p.key.number)
	}
	return s
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// byProxy returns a connection that begins with a header of the PROXY protocol, if the port's
// oldest listener says that they do.
func (p *port) byProxy(c net.Conn) net.Conn {
	if structs.AttributeOf(p.plan.Load().listeners[0].spec.Listener.Attributes, AttributeProxyProtocol) != "true" {
		return c
	}
	return withProxyHeader(c)
}
