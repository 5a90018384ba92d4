// Package fluent is a receiver of Fluentd's forward protocol, for tests: what a FireLens router and
// a sink of logs listen with.
package fluent
