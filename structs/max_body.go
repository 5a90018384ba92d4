package structs

// MaxBody is the largest request body, in bytes, at every door, at the gate before them, and from
// server to server: what one accepts, all accept. Only snapshots may be larger.
const MaxBody = 16 << 20
