package structs

// MaxBody is the largest body of a call, in bytes, at every door, at the gate before them, and on
// the way from server to server: what one server takes, all of them take. Snapshots alone may be
// larger.
const MaxBody = 16 << 20
