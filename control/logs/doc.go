// Package logs reads what the containers of tasks wrote. The lines are kept by the agents of
// container instances (agent/logs) and never go through the log of the servers: a reader finds out
// which instances have the streams that it wants, asks their agents, and merges the answers by
// time. Any server can do that.
//
// An agent that is slow or gone delays an answer for a few seconds at most; the answer then says
// what is missing from it.
package logs
