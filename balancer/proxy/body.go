package proxy

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	maxChunkLine = 1 << 10
	maxTrailers  = 8 << 10
)

// body reads the body of one message from a connection.
type body struct {
	in       *reader
	left     int64 // of the body, or of the chunk
	kind     bodyKind
	strict   bool          // chunk extensions are refused
	trailers []field       // valid at the end; their text is the reader's
	timeout  time.Duration // of each read
}

type bodyKind uint8

const (
	bodySized   bodyKind = iota
	bodyChunk            // the next line is that of a chunk
	bodyData             // inside a chunk
	bodyDataEnd          // at the CR LF after a chunk
	bodyEnd              // after the last chunk
	bodyUntilClose
)

func (b *body) reset(in *reader, length int64, chunked bool, timeout time.Duration) {
	*b = body{in: in, left: length, timeout: timeout, trailers: b.trailers[:0]}
	if length == untilEnd {
		b.kind, b.left = bodyUntilClose, 0
		if chunked {
			b.kind = bodyChunk
		}
	}
}

// ended reports whether everything was read.
func (b *body) ended() bool { return b.kind == bodyEnd || b.kind == bodySized && b.left == 0 }

// ready reports whether next will not wait.
func (b *body) ready() bool { return b.ended() || b.in.buffered() > 0 }

// next returns the next part of the body, which is valid until the next call, and io.EOF at the
// end. A body that is shorter than it says is io.ErrUnexpectedEOF.
func (b *body) next() ([]byte, error) {
	for !b.ended() {
		if b.kind == bodyChunk || b.kind == bodyDataEnd {
			if err := b.line(); err != nil {
				return nil, err
			}
			continue
		}
		if b.in.buffered() == 0 {
			if err := b.fill(); err != nil {
				if err == io.EOF && b.kind != bodyUntilClose {
					err = io.ErrUnexpectedEOF
				}
				return nil, err
			}
		}
		p := b.in.bytes()
		if b.kind != bodyUntilClose {
			p = p[:min(int64(len(p)), b.left)]
			b.left -= int64(len(p))
			if b.left == 0 && b.kind == bodyData {
				b.kind = bodyDataEnd
			}
		}
		b.in.skip(len(p))
		return p, nil
	}
	return nil, io.EOF
}

func (b *body) fill() error {
	b.in.extend(time.Now(), b.timeout)
	return b.in.fill(bufferSize)
}

// line reads the line of a chunk, or the end of one.
func (b *body) line() error {
	for {
		p := b.in.bytes()
		if i := bytes.IndexByte(p, '\n'); i >= 0 {
			if i > maxChunkLine || i < 1 || p[i-1] != '\r' {
				return bad("a line of a chunk does not end in CR LF")
			}
			b.in.skip(i + 1)
			return b.parseLine(p[:i-1])
		}
		if len(p) > maxChunkLine {
			return bad("the line of a chunk is too long")
		}
		if err := b.fill(); err != nil {
			return unexpected(err)
		}
	}
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (b *body) parseLine(line []byte) error {
	if b.kind == bodyDataEnd {
		if len(line) != 0 {
			return bad("a chunk is longer than its size")
		}
		b.kind = bodyChunk
		return nil
	}
	size, digits := int64(0), 0
	for _, c := range line {
		n := fromHex(c)
		if n < 0 {
			break
		}
		size = size<<4 | int64(n)
		digits++
		if digits > 15 {
			return bad("the size of a chunk is too large")
		}
	}
	rest := line[digits:]
	if digits == 0 || len(rest) > 0 && (rest[0] != ';' || b.strict || !all(string(rest), isValue)) {
		return bad("the line of a chunk is not its size")
	}
	b.left, b.kind = size, bodyData
	if size == 0 {
		return b.readTrailers()
	}
	return nil
}

func fromHex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// readTrailers reads the trailer section, and drops what may not be in one (RFC 9110 6.5.1).
func (b *body) readTrailers() error {
	for {
		p := b.in.bytes()
		end := -1
		if bytes.HasPrefix(p, []byte("\r\n")) {
			end = 2
		} else if i := bytes.Index(p, []byte("\r\n\r\n")); i >= 0 {
			end = i + 4
		}
		if end >= 0 {
			// a copy, since the trailers outlive the reading of the connection
			fields, err := parseFields(b.trailers[:0], string(p[:end]))
			if err != nil {
				return err
			}
			b.in.skip(end)
			b.trailers, b.kind = allowedTrailers(fields), bodyEnd
			return nil
		}
		if len(p) > maxTrailers {
			return &refusal{http.StatusRequestHeaderFieldsTooLarge, "the trailers are too long"}
		}
		if err := b.fill(); err != nil {
			if errors.Is(err, errFull) {
				return &refusal{http.StatusRequestHeaderFieldsTooLarge, "the trailers are too long"}
			}
			return unexpected(err)
		}
	}
}

// allowedTrailers leaves out fields that would change what the message is.
func allowedTrailers(fields []field) []field {
	kept := fields[:0]
	for _, f := range fields {
		if f.kind == kindOther && !equalFold(f.name, "authorization") && !equalFold(f.name, "set-cookie") && !equalFold(f.name, "cookie") &&
			!equalFold(f.name, "content-type") && !equalFold(f.name, "content-encoding") && !equalFold(f.name, "content-range") {
			kept = append(kept, f)
		}
	}
	return kept
}
