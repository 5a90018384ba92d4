package proxies

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// look finds a program and its version.
func look(ctx context.Context, program, flag string) (path, version string, err error) {
	path, err = exec.LookPath(program)
	if err != nil {
		path = filepath.Join("/usr/sbin", program)
		if _, err := os.Stat(path); err != nil {
			return "", "", ErrMissing
		}
	}
	out, err := exec.CommandContext(ctx, path, flag).CombinedOutput()
	first, _, _ := strings.Cut(string(out), "\n")
	return path, first, err
}

func nginx(ctx context.Context, dir string, p *Proxy, targets []string) (*exec.Cmd, string, error) {
	path, version, err := look(ctx, "nginx", "-v")
	if err != nil {
		return nil, "", err
	}
	var servers strings.Builder
	for _, t := range targets {
		fmt.Fprintf(&servers, "server %s; ", t)
	}
	config := filepath.Join(dir, "nginx.conf")
	return exec.Command(path, "-c", config, "-p", dir, "-e", "stderr"), strings.TrimPrefix(version, "nginx version: "), os.WriteFile(config, fmt.Appendf(nil, `
daemon off; worker_processes 2; pid %[1]s/pid; error_log stderr crit; worker_rlimit_nofile 40000;
events { worker_connections 20000; }
http {
	access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; client_max_body_size 0;
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/temp; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
	upstream up { %[4]s keepalive 128; keepalive_requests 1000000000; }
	map $http_upgrade $hop { default upgrade; "" ""; }
	server {
		listen %[2]s; listen %[3]s ssl http2; ssl_certificate %[1]s/cert.pem; ssl_certificate_key %[1]s/key.pem;
		location / {
			proxy_pass http://up; proxy_http_version 1.1; proxy_request_buffering off;
			proxy_set_header Host $http_host; proxy_set_header Connection $hop; proxy_set_header Upgrade $http_upgrade;
			proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;
		}
	}
}
`, dir, p.Plain, p.TLS, servers.String()), 0o600)
}

func haproxy(ctx context.Context, dir string, p *Proxy, targets []string) (*exec.Cmd, string, error) {
	path, version, err := look(ctx, "haproxy", "-v")
	if err != nil {
		return nil, "", err
	}
	var servers strings.Builder
	for i, t := range targets {
		fmt.Fprintf(&servers, "\tserver s%d %s\n", i, t)
	}
	config := filepath.Join(dir, "haproxy.cfg")
	version, _, _ = strings.Cut(version, " https")
	return exec.Command(path, "-db", "-f", config), strings.TrimSuffix(version, " -"), os.WriteFile(config, fmt.Appendf(nil, `
global
	nbthread 2
	maxconn 9900
defaults
	mode http
	timeout client 60s
	timeout server 60s
	timeout connect 5s
	timeout http-keep-alive 600s
	timeout tunnel 60s
	option forwardfor
	http-reuse always
frontend f
	bind %s
	bind %s ssl crt %s/both.pem alpn h2,http/1.1
	http-request set-header X-Forwarded-Proto %%[ssl_fc,iif(https,http)]
	default_backend b
backend b
%s`, p.Plain, p.TLS, dir, servers.String()), 0o600)
}

func caddy(ctx context.Context, dir string, p *Proxy, targets []string) (*exec.Cmd, string, error) {
	path, err := Caddy(ctx)
	if err != nil {
		return nil, "", err
	}
	config := filepath.Join(dir, "Caddyfile")
	command := exec.Command(path, "run", "--config", config, "--adapter", "caddyfile")
	command.Env = append(os.Environ(), "GOMAXPROCS=2", "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	forward := fmt.Sprintf("reverse_proxy %s {\n\t\ttransport http {\n\t\t\tkeepalive_idle_conns_per_host 128\n\t\t}\n\t}", strings.Join(targets, " "))
	host, port, _ := strings.Cut(p.Plain, ":")
	_, secure, _ := strings.Cut(p.TLS, ":")
	return command, "Caddy " + caddyVersion, os.WriteFile(config, fmt.Appendf(nil, `{
	admin off
	auto_https off
	default_sni localhost
	log {
		level ERROR
	}
	servers {
		protocols h1 h2
	}
}
http://:%[2]s {
	bind %[1]s
	%[4]s
}
https://:%[3]s {
	bind %[1]s
	tls %[5]s/cert.pem %[5]s/key.pem
	%[4]s
}
`, host, port, secure, forward, dir), 0o600)
}
