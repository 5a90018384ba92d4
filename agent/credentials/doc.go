// Package credentials holds the temporary keys of the roles of an instance's tasks. They come from
// the servers, are in memory only, and are renewed when a third of their time is over, whether
// anyone has asked for them or not. So while no server can be reached, tasks have keys that hold
// for at least two thirds of their time.
package credentials
