// Package accesslog writes a line for each request that a balancer served: in the form of
// Application Load Balancers' access logs, or as JSON.
package accesslog
