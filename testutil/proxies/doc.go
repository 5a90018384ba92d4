// Package proxies runs Gantry's proxy, nginx, HAProxy and Caddy, each as processes of its own, in
// front of the same targets: for measurements and comparisons of behaviour.
package proxies
