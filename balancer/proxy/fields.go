package proxy

import "strings"

// kind tells the header fields apart that the proxy itself looks at.
type kind uint8

const (
	kindOther kind = iota
	kindConnection
	kindContentLength
	kindExpect
	kindForwardedFor
	kindForwardedPort
	kindForwardedProto
	kindHost
	kindKeepAlive // and others that go no further than one connection
	kindTE
	kindTrace
	kindTrailer
	kindTransferEncoding
	kindUpgrade
	kindNamed // a field that Connection names
)

// field is one header or trailer field. The text is that of the message.
type field struct {
	name, value string
	kind        kind
}

// kindOf returns the kind of a field by its name, in any case.
func kindOf(name string) kind {
	switch len(name) {
	case 2:
		return known(name, "te", kindTE)
	case 4:
		return known(name, "host", kindHost)
	case 6:
		return known(name, "expect", kindExpect)
	case 7:
		return known(name, "upgrade", kindUpgrade) + known(name, "trailer", kindTrailer)
	case 10:
		return known(name, "connection", kindConnection) + known(name, "keep-alive", kindKeepAlive)
	case 14:
		return known(name, "content-length", kindContentLength) + known(name, "http2-settings", kindKeepAlive)
	case 15:
		return known(name, "x-forwarded-for", kindForwardedFor) + known(name, "x-amzn-trace-id", kindTrace)
	case 16:
		return known(name, "x-forwarded-port", kindForwardedPort) + known(name, "proxy-connection", kindKeepAlive)
	case 17:
		return known(name, "transfer-encoding", kindTransferEncoding) + known(name, "x-forwarded-proto", kindForwardedProto)
	}
	return kindOther
}

func known(name, lower string, k kind) kind {
	if equalFold(name, lower) {
		return k
	}
	return kindOther
}

// equalFold reports whether two names are the same but for the case of ASCII letters; lower has
// none in upper case.
func equalFold(name, lower string) bool {
	if len(name) != len(lower) {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// The classes of bytes (RFC 9110 5.5 and 5.6.2, RFC 9112 3).
const (
	isToken  = 1 << iota // of names and methods
	isValue              // of values: anything but control characters
	isTarget             // of request targets: no blank either
	isHost               // of hosts and ports
	isPlain              // of names that elbv2 does not call invalid
)

var classes = func() (t [256]uint8) {
	for c := range 256 {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
		set := func(class uint8, yes bool) {
			if yes {
				t[c] |= class
			}
		}
		set(isToken, letter || c != 0 && c < 0x80 && strings.IndexByte("!#$%&'*+-.^_`|~", byte(c)) >= 0)
		set(isValue, c >= ' ' && c != 0x7f || c == '\t')
		set(isTarget, c > ' ' && c != 0x7f && c != '#')
		set(isHost, letter || c < 0x80 && strings.IndexByte("-._~!$&'()*+,;=:[]%", byte(c)) >= 0)
		set(isPlain, letter || c == '-')
	}
	return t
}()

// all reports whether each byte of s is of the class.
func all(s string, class uint8) bool {
	for i := range len(s) {
		if classes[s[i]]&class == 0 {
			return false
		}
	}
	return true
}

// trim removes blanks and tabs from both ends.
func trim(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// hasToken reports whether a comma-separated list has a token, given in lower case.
func hasToken(list, lower string) bool {
	for item := range tokens(list) {
		if equalFold(item, lower) {
			return true
		}
	}
	return false
}

// tokens yields the items of a comma-separated list.
func tokens(list string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for list != "" {
			item := list
			if i := strings.IndexByte(list, ','); i >= 0 {
				item, list = list[:i], list[i+1:]
			} else {
				list = ""
			}
			if item = trim(item); item != "" && !yield(item) {
				return
			}
		}
	}
}
