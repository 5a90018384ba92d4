// Package reach calls the agents of container instances. Each agent keeps one connection to one
// server, on which that server opens streams; the other servers reach the agent through it.
package reach
