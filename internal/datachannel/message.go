package datachannel

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// The types of a message.
const (
	TypeOutput      = "output_stream_data" // to the client
	TypeInput       = "input_stream_data"  // from the client
	typeAcknowledge = "acknowledge"
	typeClosed      = "channel_closed" // to the client: the session has ended
)

// PayloadType says what the payload of a data message is.
type PayloadType uint32

// The payloads of AWS's protocol that are used here.
const (
	PayloadOutput             PayloadType = 1 // bytes of the terminal or connection, either way
	PayloadSize               PayloadType = 3 // from the client, a Size
	PayloadHandshakeRequest   PayloadType = 5
	PayloadHandshakeResponse  PayloadType = 6
	PayloadHandshakeCompleted PayloadType = 7
	PayloadFlag               PayloadType = 10 // a Flag, 4 bytes
	PayloadStdErr             PayloadType = 11 // to the client
	PayloadExitCode           PayloadType = 12 // to Gantry's own client, 4 bytes
)

// The payloads that only Gantry's own client sends.
const (
	PayloadEndOfInput PayloadType = 100
	PayloadSignal     PayloadType = 101 // the number of a signal for the command, 4 bytes
)

// The flags that are used here.
const (
	FlagDisconnectToPort   uint32 = 1 // from the client: its local connection has ended
	FlagTerminateSession   uint32 = 2 // from the client
	FlagConnectToPortError uint32 = 3 // to the client: there is no connection to the port
)

// Size is the size of a terminal.
type Size struct {
	Columns uint `json:"cols"`
	Rows    uint `json:"rows"`
}

// Number is the payload of flags, exit codes and signals.
func Number(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

// NumberOf reads such a payload; zero if it is none.
func NumberOf(payload []byte) uint32 {
	if len(payload) != 4 {
		return 0
	}
	return binary.BigEndian.Uint32(payload)
}

// message is one message.
type message struct {
	kind     string
	sequence int64
	flags    uint64
	id       [16]byte // in the usual order of a UUID
	payload  PayloadType
	content  []byte
}

const (
	headerLength   = 116 // what every message states as its length: the payload's own length is not in it
	payloadAt      = headerLength + 4
	kindLength     = 32
	schemaVersion  = 1
	acknowledgment = 3 // the flags of an acknowledge
)

// encode returns the message in its form on the wire. All integers are big-endian.
func (m *message) encode() []byte {
	raw := make([]byte, payloadAt, payloadAt+len(m.content))
	binary.BigEndian.PutUint32(raw, headerLength)
	copy(raw[4:], m.kind+strings.Repeat(" ", kindLength-len(m.kind)))
	binary.BigEndian.PutUint32(raw[36:], schemaVersion)
	binary.BigEndian.PutUint64(raw[40:], uint64(time.Now().UnixMilli()))
	binary.BigEndian.PutUint64(raw[48:], uint64(m.sequence))
	binary.BigEndian.PutUint64(raw[56:], m.flags)
	copy(raw[64:], m.id[8:]) // the halves of a UUID are swapped
	copy(raw[72:], m.id[:8])
	sum := sha256.Sum256(m.content)
	copy(raw[80:], sum[:])
	binary.BigEndian.PutUint32(raw[112:], uint32(m.payload))
	binary.BigEndian.PutUint32(raw[headerLength:], uint32(len(m.content)))
	return append(raw, m.content...)
}

// decode reads a message. Its content is a part of raw.
func decode(raw []byte) (m message, err error) {
	if len(raw) < payloadAt {
		return m, errors.New("a message of the data channel is cut short")
	}
	header := binary.BigEndian.Uint32(raw)
	if header < headerLength || uint64(header)+4 > uint64(len(raw)) {
		return m, fmt.Errorf("a message of the data channel states a header of %d bytes", header)
	}
	m.kind = strings.Trim(string(raw[4:36]), " \x00")
	m.sequence = int64(binary.BigEndian.Uint64(raw[48:]))
	m.flags = binary.BigEndian.Uint64(raw[56:])
	copy(m.id[8:], raw[64:72])
	copy(m.id[:8], raw[72:80])
	m.payload = PayloadType(binary.BigEndian.Uint32(raw[112:]))
	m.content = raw[header+4:]
	if length := binary.BigEndian.Uint32(raw[header:]); uint64(length) != uint64(len(m.content)) {
		return m, fmt.Errorf("a message of the data channel states a payload of %d bytes and has %d", length, len(m.content))
	}
	if sum := sha256.Sum256(m.content); len(m.content) > 0 && !bytes.Equal(sum[:], raw[80:112]) {
		return m, errors.New("a message of the data channel is damaged")
	}
	return m, nil
}

// newID returns a random UUID.
func newID() (id [16]byte) {
	_, _ = rand.Read(id[:]) // never fails (crypto/rand)
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id
}

func formatID(id [16]byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// acknowledge is the content of an acknowledge.
type acknowledge struct {
	AcknowledgedMessageType           string
	AcknowledgedMessageId             string
	AcknowledgedMessageSequenceNumber int64
	IsSequentialMessage               bool
}

// acknowledgeOf returns the acknowledge of a message.
func acknowledgeOf(m *message) []byte {
	content, _ := json.Marshal(acknowledge{m.kind, formatID(m.id), m.sequence, true}) // plain values
	return (&message{kind: typeAcknowledge, flags: acknowledgment, id: newID(), content: content}).encode()
}

// closed is the content of a channel_closed.
type closed struct {
	MessageId, CreatedDate, DestinationId, SessionId, MessageType string
	SchemaVersion                                                 int
	Output                                                        string
}

// Closed returns the message that ends a session. The client shows the text to people. It may be
// the first message of a connection.
func Closed(session, text string) []byte {
	id := newID()
	content, _ := json.Marshal(closed{ // plain values
		formatID(id), time.Now().UTC().Format(time.RFC3339), session, session, typeClosed, schemaVersion, text,
	})
	return (&message{kind: typeClosed, id: id, content: content}).encode()
}
