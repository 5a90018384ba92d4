package archtest

import "fmt"

// checkSize reports files that have grown too long.
func checkSize(files []*file) []string {
	var wrong []string
	for _, f := range files {
		if f.lines > maxLines && !f.isTest() && !f.generated() {
			wrong = append(wrong, fmt.Sprintf("%s has %d lines, more than %d: it holds two things; find them", f.path, f.lines, maxLines))
		}
	}
	return wrong
}
