package dns

import "encoding/binary"

// What of the protocol answer.go needs (RFC 1035, RFC 6891).
const (
	headerSize = 12
	maxName    = 255

	typeA    = 1
	typeSOA  = 6
	typeAAAA = 28
	typeOPT  = 41
	classIN  = 1

	flagResponse      = 0x8000
	flagAuthoritative = 0x0400
	flagRecursion     = 0x0100 // desired
	flagAvailable     = 0x0080 // recursion

	codeNoName = 3

	// sizeUDP is the largest answer by UDP without EDNS, and sizeEDNS the largest one with it,
	// which fits into one packet anywhere.
	sizeUDP  = 512
	sizeEDNS = 1232
)

// query is a query with one question.
type query struct {
	kind uint16
	end  int // of the question in the message
	size int // of the largest answer that the client takes by UDP
	edns bool
	keys [maxName]byte // the name in lower case
	key  []byte        // the used part of keys
}

// parse reads a query. It returns false for any message that is not of the usual form, which is one
// question, and at most EDNS.
func (q *query) parse(m []byte) bool {
	if len(m) < headerSize+5 {
		return false
	}
	flags, extra := binary.BigEndian.Uint16(m[2:]), binary.BigEndian.Uint16(m[10:])
	// a query (opcode 0), with one question and nothing else
	if flags&0xf800 != 0 || binary.BigEndian.Uint32(m[4:]) != 1<<16 || binary.BigEndian.Uint16(m[8:]) != 0 || extra > 1 {
		return false
	}
	at := headerSize
	for m[at] != 0 {
		next := at + 1 + int(m[at])
		if m[at] > 63 || next >= len(m) || next-headerSize >= maxName {
			return false
		}
		q.keys[at-headerSize] = m[at]
		for n := at + 1; n < next; n++ {
			q.keys[n-headerSize] = lower(m[n])
		}
		at = next
	}
	q.keys[at-headerSize] = 0
	at++
	if at+4 > len(m) || binary.BigEndian.Uint16(m[at+2:]) != classIN {
		return false
	}
	q.key, q.kind = q.keys[:at-headerSize], binary.BigEndian.Uint16(m[at:])
	q.end, q.size, q.edns = at+4, sizeUDP, false
	return q.options(m[q.end:], extra == 1)
}

// options reads what follows the question: nothing, or EDNS of version 0.
func (q *query) options(rest []byte, any bool) bool {
	if !any {
		return len(rest) == 0
	}
	// the root's name, type, size, extended code, version, flags, length of the data
	if len(rest) < 11 || rest[0] != 0 || binary.BigEndian.Uint16(rest[1:]) != typeOPT || rest[6] != 0 ||
		int(binary.BigEndian.Uint16(rest[9:])) != len(rest)-11 {
		return false
	}
	q.edns, q.size = true, min(max(int(binary.BigEndian.Uint16(rest[3:])), sizeUDP), sizeEDNS)
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
