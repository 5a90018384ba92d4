package structs

// SnapshotInfo says what is in a saved snapshot.
type SnapshotInfo struct {
	Index   uint64     `json:"index"` // of the newest log entry that it has in it
	Term    uint64     `json:"term"`
	SavedAt Time       `json:"savedAt"`
	Version string     `json:"version,omitzero"` // of the server that saved it
	Size    int64      `json:"size"`             // of the file, in bytes
	Rows    []RowCount `json:"rows"`
}

// RowCount is how many rows of a noun there are.
type RowCount struct {
	Noun  string `json:"noun"`
	Count uint64 `json:"count"`
}
