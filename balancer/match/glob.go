package match

// Glob reports whether a value matches a pattern: * stands for any characters, ? for exactly one,
// and a backslash takes the meaning from the character after it. It takes time in proportion to the
// product of both lengths at most, whatever the pattern.
func Glob(pattern, value string) bool {
	star, mark := -1, 0 // where to go on after the last *
	p, v := 0, 0
	for v < len(value) {
		if p < len(pattern) {
			if pattern[p] == '*' {
				star, mark = p, v
				p++
				continue
			}
			if width, ok := one(pattern[p:], value[v]); ok {
				p += width
				v++
				continue
			}
		}
		if star < 0 {
			return false
		}
		mark++
		p, v = star+1, mark
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// one matches one byte by the start of a pattern, whose length it returns.
func one(pattern string, c byte) (width int, ok bool) {
	switch {
	case pattern[0] == '?':
		return 1, true
	case pattern[0] == '\\' && len(pattern) > 1:
		return 2, pattern[1] == c
	}
	return 1, pattern[0] == c
}
