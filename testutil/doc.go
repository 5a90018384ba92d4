// Package testutil joins what production code keeps apart, for the tests of many packages. Only
// tests and the programs under test/ import it.
//
//   - SingleNode is all that stands behind the doors, without raft, network and agents, for tests of
//     verbs and doors. The same calls give the same answers, byte for byte.
//   - Servers is a cluster of servers and agents in one process, under fake time, on a Network whose
//     links and hosts fail when the test says so. Cluster is the smaller one: one server that is
//     alone, as in gantry dev, and agents without gossip. Both run what package process runs.
//   - FakeEngine stands in for a container engine; its images say how their containers behave.
//   - DockerHost and BuildImage are for tests of a real Docker Engine. Such tests skip where none
//     answers, and say so.
//
// Two packages below it stand alone: faketime, the one way into testing/synctest, and hosts, real
// processes on hosts made of network namespaces.
package testutil
