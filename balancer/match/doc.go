// Package match decides whether a request meets the conditions of a listener rule, as elbv2 defines
// them.
package match
