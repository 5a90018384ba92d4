// Package firelens is what a task with a FireLens router needs besides its containers: a directory
// with the configuration of the router and the socket at which the router takes the output of the
// other containers.
//
//	DIR/TASK/config/fluent.conf   mounted where the router's image expects it
//	DIR/TASK/socket/              mounted at /var/run in the router
//
// The engine sends the output of the other containers to fluent.sock in the second one, with its
// driver fluentd. Configuration, names and paths in the container are those of ECS's agent, because
// the images of routers are made for them.
//
// The configuration follows from the task alone, so a later agent finds or writes the same one. It
// has no secret in it: the value of a secret option is a variable of the router's environment.
package firelens
