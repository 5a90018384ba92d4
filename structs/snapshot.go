package structs

// SnapshotInfo describes a saved snapshot.
type SnapshotInfo struct {
	Index   uint64     `json:"index"` // of the newest log entry that it includes
	Term    uint64     `json:"term"`
	SavedAt Time       `json:"savedAt"`
	Version string     `json:"version,omitzero"` // of the server that saved it
	Size    int64      `json:"size"`             // of the file, in bytes
	Rows    []RowCount `json:"rows"`
}

// RowCount is the number of rows of a noun.
type RowCount struct {
	Noun  string `json:"noun"`
	Count uint64 `json:"count"`
}
