// Package exec runs commands in the containers of tasks for people who are connected through a
// server (ECS Exec), and forwards ports to them. The state of a session is here and nowhere else:
// servers check a session's token and pass messages on, so a session that loses its server goes on
// through another one. The messages are those of internal/datachannel.
//
// An engine starts a command but cannot end it. So each command gets a variable that names its
// session, which its children inherit, and is ended by its processes (processes.go). An agent that
// starts ends the commands of an earlier process in the same way.
package exec
