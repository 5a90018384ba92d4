// Package endpoints computes who receives traffic, from a view of state alone: the targets of each
// target group with their state and weight, the listeners with the weights that deployments give
// their rules, which ingress instance checks which target, and the names of the cluster. Balancers,
// names, DescribeTargetHealth and pages all read this one table.
//
// Everything here is a pure function: no clock, no randomness, no order of a map. Group, Listener
// and Health compute one thing from a view. Table holds all of them, and computes again only what a
// change of state may have changed.
package endpoints
