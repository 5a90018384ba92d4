// Package check finds out whether targets are healthy, as elbv2 does: by HTTP, HTTPS, TCP or gRPC,
// each at its interval, with thresholds and matchers. It reports what changes until that is
// accepted.
package check
