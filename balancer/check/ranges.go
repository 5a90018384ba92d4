package check

import (
	"strconv"
	"strings"
)

// ranges are the codes of a matcher such as 200-299,301.
type ranges [][2]int

// parseRanges reads a matcher. Parts that are no codes match nothing: elbv2 refuses them earlier.
// Without any, it is elbv2's default: 200, or 12 for gRPC.
func parseRanges(matcher string, grpc bool) (list ranges) {
	if matcher == "" {
		if grpc {
			return ranges{{12, 12}}
		}
		return ranges{{200, 200}}
	}
	for part := range strings.SplitSeq(matcher, ",") {
		low, high, ok := strings.Cut(strings.TrimSpace(part), "-")
		if !ok {
			high = low
		}
		first, err := strconv.Atoi(low)
		last, err2 := strconv.Atoi(high)
		if err == nil && err2 == nil {
			list = append(list, [2]int{first, last})
		}
	}
	return list
}

func (r ranges) has(code int) bool {
	for _, one := range r {
		if one[0] <= code && code <= one[1] {
			return true
		}
	}
	return false
}
