// Package balancer is the load balancer of an ingress instance. It keeps the listeners open that
// the servers' frames of traffic name, chooses a target for each request or connection, checks the
// health of targets, and knows on which draining targets requests are still open. The frames are
// all that it knows of the cluster.
package balancer
