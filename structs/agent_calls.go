package structs

// AgentCalls is the protocol of the connection over which servers call an agent: HTTP/1.1 in
// streams of smux, which the server opens. AgentCallsVersion is the version of smux's protocol, of
// which the second has a window for each stream, so that one that is slow holds up no other.
const (
	AgentCalls        = "gantry-agent-calls"
	AgentCallsVersion = 2
)
