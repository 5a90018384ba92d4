// Package testutil joins what production code keeps apart, for the tests of many packages. Only
// tests and the programs under test/ import it.
//
//   - Servers is a cluster of servers and agents in one process, under fake time, on a Network
//     whose links and hosts fail when the test says so. Cluster is the smaller one: one server that
//     is alone, as in gantry dev, and agents without gossip. Both run what package process runs.
//   - FakeEngine is a container engine in memory, whose images define how their containers behave.
//   - DockerHost and BuildImage are for tests with a real Docker Engine. Such tests skip, with a
//     message, if there is none.
//
// Three packages below it are independent: singlenode, everything behind the doors without raft,
// network and agents; faketime, the only way into testing/synctest; and hosts, with real processes
// on hosts made of network namespaces.
package testutil
