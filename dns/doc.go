// Package dns answers queries for the cluster's names, and passes all others on to the resolvers of
// the machine. docs/names.md describes it for users.
//
//	server.go     Server: its sockets
//	table.go      the names, as frames of traffic say
//	query.go      reads a query without allocating
//	answer.go     answers for A, AAAA and names without records, made by copying packed records
//	records.go    answers of other types: SRV, PTR, CNAME, and the addresses of single tasks
//	forward.go    what others answer
//	resolvconf.go whom to ask, of /etc/resolv.conf
//
// Almost all queries are for A and AAAA. Their records are packed when a name changes; an answer
// copies the question as it came, so with the case that the client chose, and the records behind
// it.
package dns
