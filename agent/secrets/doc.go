// Package secrets gets the values of tasks' secrets from the servers before their containers are
// created: variables (secrets) and options of log drivers (secretOptions). The values are in memory
// only. A container that exists has its values in the engine, so a task that is adopted asks for
// them only if a container of it is still to be created.
package secrets
