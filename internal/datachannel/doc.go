// Package datachannel is the data channel of AWS Systems Manager, over which a session of ECS Exec
// carries a terminal or a TCP connection: the form of its messages, and how each side numbers,
// acknowledges and sends them again, so that a session outlives its connection. The agent has one
// end; AWS's session-manager-plugin or Gantry's own client has the other. Servers between them pass
// messages on unread.
//
// AWS does not document the protocol. What is here is what the plugin's source says, which is
// public, and what the plugin was seen to do.
package datachannel
