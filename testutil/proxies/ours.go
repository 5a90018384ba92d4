package proxies

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync/atomic"

	"github.com/gantry-project/gantry/balancer/proxy"
)

// environment names the variable by which a program that is started again becomes the proxy.
const environment = "GANTRY_BENCH_PROXY"

type oursConfig struct {
	Plain, TLS, Dir string
	Targets         []string
}

// ours is the program that runs now, started again: its main must call Main first.
func ours(_ context.Context, dir string, p *Proxy, targets []string) (*exec.Cmd, string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	config, err := json.Marshal(oursConfig{p.Plain, p.TLS, dir, targets})
	command := exec.Command(self)
	command.Env = append(os.Environ(), environment+"="+string(config), "GOMAXPROCS=2")
	return command, "balancer/proxy", err
}

// Main serves as the proxy, and does not return, if this process was started for that.
func Main() {
	text := os.Getenv(environment)
	if text == "" {
		return
	}
	var c oursConfig
	err := json.Unmarshal([]byte(text), &c)
	if err == nil {
		err = c.serve()
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func (c *oursConfig) serve() error {
	certificate, err := tls.LoadX509KeyPair(c.Dir+"/cert.pem", c.Dir+"/key.pem")
	if err != nil {
		return err
	}
	router := &rounds{}
	for _, address := range c.Targets {
		router.targets = append(router.targets, &proxy.Target{Address: address, Protocol: "HTTP1"})
	}
	plain, err := net.Listen("tcp", c.Plain)
	if err != nil {
		return err
	}
	secure, err := net.Listen("tcp", c.TLS)
	if err != nil {
		return err
	}
	server := proxy.New(proxy.Settings{HTTP2: true, KeepHost: true}, router)
	failed := make(chan error, 2)
	go func() { failed <- server.Serve(plain) }()
	go func() { failed <- server.ServeTLS(secure, &tls.Config{Certificates: []tls.Certificate{certificate}}) }()
	return <-failed
}

// rounds sends requests to the targets in turn.
type rounds struct {
	targets []*proxy.Target
	next    atomic.Uint64
	ended   atomic.Int64
}

func (r *rounds) Route(proxy.Head) proxy.Decision {
	return proxy.Decision{Forward: &turn{rounds: r}, Observe: func(proxy.Outcome) { r.ended.Add(1) }}
}

type turn struct {
	rounds *rounds
	tried  int
}

func (t *turn) Next() *proxy.Target {
	if t.tried == len(t.rounds.targets) {
		return nil
	}
	t.tried++
	target := t.rounds.targets[t.rounds.next.Add(1)%uint64(len(t.rounds.targets))]
	target.Open.Add(1)
	return target
}

func (t *turn) Done(target *proxy.Target, _ error) { target.Open.Add(-1) }

func (t *turn) Cookies(*proxy.Target) []string { return nil }
