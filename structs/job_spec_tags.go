package structs

import (
	"fmt"
	"slices"
	"strings"
)

// tagProblem checks ECS's rules for tags.
func (s *JobSpec) tagProblem() (field, problem string) {
	if len(s.Tags) > maxTags {
		return "tags", fmt.Sprintf("there are %d; a job can have at most %d", len(s.Tags), maxTags)
	}
	for i, t := range s.Tags {
		switch {
		case t.Key == "":
			return "tags", "the key of a tag cannot be empty"
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return "tags", fmt.Sprintf("%q begins with aws:, which is reserved", t.Key)
		case slices.ContainsFunc(s.Tags[:i], func(earlier Tag) bool { return earlier.Key == t.Key }):
			return "tags", fmt.Sprintf("%q is there twice", t.Key)
		}
	}
	return "", ""
}
