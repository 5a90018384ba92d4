package balancer

import (
	"context"
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
	p.stop = func() { p.socket.Close() }
	p.finish = func(ctx context.Context) {
		if err := engine.Shutdown(ctx); err != nil {
			p.balancer.log.Warn("requests on a port that was closed did not end in time, and were cut off", "port", p.key.number)
		}
		<-ended
	}
}

// settings returns how requests on the port are read and passed on: as the attributes of the oldest
// listener's load balancer say.
func (p *port) settings() proxy.Settings {
	oldest := p.plan.Load().listeners[0].spec
	get := func(key string) string { return structs.AttributeOf(oldest.LoadBalancer.Attributes, key) }
	return proxy.Settings{
		IdleTimeout:  seconds(get("idle_timeout.timeout_seconds"), time.Minute),
		KeepHost:     get("routing.http.preserve_host_header.enabled") == "true",
		ForwardedFor: or(get("routing.http.xff_header_processing.mode"), "append"),
		ClientPort:   get("routing.http.xff_client_port.enabled") == "true",
		DropInvalid:  get("routing.http.drop_invalid_header_fields.enabled") == "true",
		Desync:       or(get("routing.http.desync_mitigation_mode"), "defensive"),
		HTTP2:        get("routing.http2.enabled") != "false",
	}
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
