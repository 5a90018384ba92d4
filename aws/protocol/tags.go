package protocol

import (
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// CheckTags checks the rules for tags that the API model does not state.
func CheckTags(argument string, tags []structs.Tag) error {
	for i, t := range tags {
		if err := CheckTagKey(argument, i, t.Key); err != nil {
			return err
		}
		if slices.ContainsFunc(tags[:i], func(earlier structs.Tag) bool { return earlier.Key == t.Key }) {
			return structs.Errorf(structs.KindInvalidParameter, "Duplicate keys detected. %s[%d].key: '%s' is given twice.", argument, i, t.Key)
		}
	}
	return nil
}

// CheckTagKey refuses keys that are empty, or that AWS, and so Gantry, reserves.
func CheckTagKey(argument string, i int, key string) error {
	if key == "" {
		return structs.Errorf(structs.KindInvalidParameter, "%s[%d]: the key of a tag cannot be empty", argument, i)
	}
	if strings.HasPrefix(strings.ToLower(key), "aws:") {
		return structs.Errorf(structs.KindInvalidParameter, "%s[%d]: '%s' begins with 'aws:', which is reserved", argument, i, key)
	}
	return nil
}
