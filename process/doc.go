// Package process is what runs in a process of Gantry, as values: Server, Agent and Dev, which is
// both in one. Each is made with New, begins its work with Start and ends it with Stop; Done is
// closed when it ends by itself, and Err then says why.
//
// Configurations are plain values: the commands of cmd/gantry make them from flags and files, tests
// from what they try out. Nothing here reads flags or the environment, takes signals, or ends the
// program.
//
// Whatever a server offers at its address is put together in doors.go, and nowhere else.
package process
