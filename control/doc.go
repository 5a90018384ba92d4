// Package control is what the cluster can be asked to do, in domain terms: one file per verb. All
// doors (the AWS APIs, the native API) call it. A verb checks its input against state, mints ids
// and times, applies ONE log entry, and waits if the caller wants to see the outcome.
//
// Doors can call only the verbs and Read: the log, the store and the clock are private to a
// Control.
//
// # Rooms to come
//
// The verbs of other nouns get their own folders, such as control/traffic or control/vault, when
// there is something to put into them. Each is a type with a constructor, like Control, and is
// created next to it. The parts that all verbs share then move to control/core: Log and Config,
// Read and ReadCluster, Authorize and Caller, minted ids and request hashes. Both control and the
// rooms import it, and neither imports the other, so there is no cycle. Today it would be a folder
// with one user.
package control
