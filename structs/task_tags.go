package structs

// TaskTags are the tags that a task may read about itself: its own, and its instance's.
type TaskTags struct {
	Task     []Tag `json:"task,omitzero"`
	Instance []Tag `json:"instance,omitzero"`
}
