package jobfile

import (
	"fmt"
	"strings"
)

// fewNames is the largest number of fields that are all listed if none is close.
const fewNames = 12

// instead suggests the field that was meant, or lists the fields there are.
func instead(name string, known []string) string {
	best, least := "", len(name)/2+1
	for _, k := range known {
		d := distance(strings.ToLower(name), strings.ToLower(k))
		if strings.HasPrefix(strings.ToLower(k), strings.ToLower(name)) {
			d = min(d, 1)
		}
		if d < least {
			best, least = k, d
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf("; did you mean %s?", best)
	case len(known) <= fewNames:
		return "; there are " + strings.Join(known, ", ")
	}
	return ""
}

// distance returns how many letters must be changed, added or removed to turn one word into the
// other (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
