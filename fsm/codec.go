package fsm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/fxamacker/cbor/v2"

	"github.com/gantry-project/gantry/structs"
)

// encoding writes CBOR deterministically: equal values give equal bytes.
var encoding = must(cbor.CoreDetEncOptions().UserBufferEncMode())

// decoding reads CBOR written by this or another version of Gantry. Unknown fields are skipped. It
// must accept everything that encoding can write, or an entry in the log could never be applied. So
// there are no size limits and no check of UTF-8 (a container's error text can be any bytes).
var decoding = must(cbor.DecOptions{
	MaxArrayElements:  math.MaxInt32,
	MaxMapPairs:       math.MaxInt32,
	MaxNestedLevels:   64,
	UTF8:              cbor.UTF8DecodeInvalid,
	FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
}.DecMode())

// must panics on contradictory options: a bug in the lines above, which every test would find.
func must[M any](mode M, err error) M {
	if err != nil {
		panic(err)
	}
	return mode
}

// checksumSize is the size in bytes of the CRC-32C at the end of an entry. The entry carries it
// from server to server.
const checksumSize = 4

// Encode returns the log entry of a command: its number in one byte, its body in CBOR, and the
// big-endian CRC-32C of both.
func Encode(cmd structs.Command) ([]byte, error) {
	number := cmd.CommandType()
	h, ok := handlers[number]
	if !ok {
		return nil, fmt.Errorf("encode command %d: it has no handler", number)
	}
	body, err := h.pack(cmd)
	if err != nil {
		return nil, fmt.Errorf("encode command %d: %w", number, err)
	}
	var buf bytes.Buffer
	buf.WriteByte(byte(number))
	if err := encoding.MarshalToBuffer(body, &buf); err != nil {
		return nil, fmt.Errorf("encode command %d: %w", number, err)
	}
	return seal(buf.Bytes()), nil
}

// seal appends the checksum to an entry.
func seal(entry []byte) []byte {
	return binary.BigEndian.AppendUint32(entry, crc32.Checksum(entry, checksums))
}

// decode reads a log entry and finds its handler.
func decode(entry []byte) (handler, structs.Command, error) {
	end := len(entry) - checksumSize
	if end < 1 || binary.BigEndian.Uint32(entry[end:]) != crc32.Checksum(entry[:end], checksums) {
		return handler{}, nil, errors.New("decode command: the entry is damaged: its checksum is wrong")
	}
	number := structs.CommandType(entry[0])
	h, ok := handlers[number]
	if !ok {
		return handler{}, nil, fmt.Errorf(
			"decode command %d: this version of Gantry does not know it; the log was written by a newer version of Gantry", number)
	}
	cmd, err := h.unpack(entry[1:end])
	if err != nil {
		return handler{}, nil, fmt.Errorf("decode command %d: %w", number, err)
	}
	return h, cmd, nil
}

// Readable returns an error if this version of Gantry cannot apply an entry of the log.
func Readable(entry []byte) error {
	_, _, err := decode(entry)
	return err
}
