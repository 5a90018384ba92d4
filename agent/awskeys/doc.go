// Package awskeys gives tasks real AWS keys for roles that the operator of a machine names in a
// file: the output of a command, in the form of credential_process, or the content of a file. All
// other roles are Gantry's, and the servers are asked for their keys.
package awskeys
