// Package control is what the cluster can be asked to do, in domain words: one file per verb. Every
// door (the AWS APIs, the native API) comes through here. A verb checks its input against state,
// mints ids and times, applies ONE log entry, and waits where the caller wants to see the outcome.
//
// Doors reach nothing but the verbs: the log, the state and the clock are private to a Control. For
// what a door itself has to know there is Read.
//
// # Rooms to come
//
// The verbs of other nouns get folders of their own, control/traffic or control/vault, when there is
// something to put into them. Such a room is a type with a constructor, as Control is, and whoever
// makes a Control makes it too; it imports this package and is never imported by it, so that there
// is no circle. What all verbs share is here for it: Config has the Log, the state, the ids and the
// clock, Authorize and CallerOf the caller. What else the first room needs of what is private today
// (Read, ReadCluster, minted ids, request hashes) moves with Config to control/core, which both then
// import. A room that only wraps a Control is none.
package control
