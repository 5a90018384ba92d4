package dns

import (
	"encoding/binary"
)

// MaxAddresses is how many addresses an answer has at most. From 26 on, glibc repeats the whole
// lookup.
const MaxAddresses = 25

// ttlNothing is for how many seconds a client may remember that there is nothing.
const ttlNothing = 1

// verdict is what becomes of a query.
type verdict int

const (
	answered verdict = iota
	ours             // it needs an answer of records.go
	others           // it is not about a name of ours
)

// answer appends the answer to a query for A or AAAA, or about a name without records.
func (t *table) answer(to, m []byte, q *query) ([]byte, verdict) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	e := t.names[string(q.key)]
	if e == nil {
		return t.answerNoEntry(to, m, q)
	}
	if e.CNAME != "" {
		return to, ours
	}
	switch q.kind {
	case typeA:
		if len(e.v4) > 0 {
			return e.answer(to, m, q, e.v4, sizeA), answered
		}
	case typeAAAA:
		if len(e.v6) > 0 {
			return e.answer(to, m, q, e.v6, sizeAAAA), answered
		}
	default:
		return to, ours
	}
	return t.nothing(to, m, q, t.zoneOf(q.key), 0)
}

// answerNoEntry answers a query about a name that nobody has.
func (t *table) answerNoEntry(to, m []byte, q *query) ([]byte, verdict) {
	zone := t.zoneOf(q.key)
	switch {
	case zone < 0:
		return to, others
	case t.inner[string(q.key)] > 0:
		return t.nothing(to, m, q, zone, 0)
	case t.names[string(q.key[1+int(q.key[0]):])] != nil: // perhaps a task
		return to, ours
	}
	return t.nothing(to, m, q, zone, codeNoName)
}

// answer appends an answer with records of one size. Each begins with another record, so all are
// used alike by clients that take the first.
func (e *entry) answer(to, m []byte, q *query, records []byte, size int) []byte {
	total := len(records) / size
	count := min(total, MaxAddresses, (q.size-q.end-ednsSize)/size)
	to = head(to, m, q, 0, count, 0)
	first := int(e.next.Add(1)) % total
	last := first + count
	to = append(to, records[first*size:min(last, total)*size]...)
	if last > total {
		to = append(to, records[:(last-total)*size]...)
	}
	return options(to, q)
}

// nothing appends an answer without records: the zone's SOA says for how long that is so (RFC
// 2308). Musl needs it for types that a name does not have: it fails a lookup if the answer for
// AAAA is that the name does not exist. A name outside all zones gets no SOA.
func (t *table) nothing(to, m []byte, q *query, zone, code int) ([]byte, verdict) {
	if zone < 0 {
		return options(head(to, m, q, code, 0, 0), q), answered
	}
	to = head(to, m, q, code, 0, 1)
	at := 0xc000 | uint16(headerSize+zone)
	to = binary.BigEndian.AppendUint16(to, at)
	to = binary.BigEndian.AppendUint16(to, typeSOA)
	to = binary.BigEndian.AppendUint16(to, classIN)
	to = binary.BigEndian.AppendUint32(to, ttlNothing)
	const server, mail = "\x02ns", "\x0ahostmaster"
	to = binary.BigEndian.AppendUint16(to, uint16(len(server)+2+len(mail)+2+5*4))
	to = binary.BigEndian.AppendUint16(append(to, server...), at)
	to = binary.BigEndian.AppendUint16(append(to, mail...), at)
	for _, n := range [...]uint32{t.serial, 60, 10, 600, ttlNothing} { // refresh, retry, expire
		to = binary.BigEndian.AppendUint32(to, n)
	}
	return options(to, q), answered
}

// head appends the head of an answer and the question, as it came.
func head(to, m []byte, q *query, code, answers, authority int) []byte {
	flags := binary.BigEndian.Uint16(m[2:])&flagRecursion | flagResponse | flagAuthoritative | flagAvailable | uint16(code)
	to = append(to, m[0], m[1])
	to = binary.BigEndian.AppendUint16(to, flags)
	to = append(to, 0, 1, byte(answers>>8), byte(answers), 0, byte(authority), 0, 0)
	if q.edns {
		to[len(to)-1] = 1
	}
	return append(to, m[headerSize:q.end]...)
}

// ednsSize is the size of what options appends.
const ednsSize = 11

func options(to []byte, q *query) []byte {
	if !q.edns {
		return to
	}
	return append(to, 0, 0, typeOPT, byte(sizeEDNS>>8), byte(sizeEDNS&0xff), 0, 0, 0, 0, 0, 0)
}
