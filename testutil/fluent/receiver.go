package fluent

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/hashicorp/go-msgpack/v2/codec"
)

// Record is one record that was received.
type Record struct {
	Tag    string
	Time   time.Time
	Fields map[string]string
}

// Receive answers the clients of a listener until it is closed, and calls got with each message's
// records, one message at a time. It acknowledges a message that asks for it if got returns true,
// and otherwise closes the connection.
func Receive(l net.Listener, got func([]Record) bool) {
	var mu sync.Mutex
	var clients sync.WaitGroup
	defer clients.Wait()
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		clients.Go(func() {
			defer conn.Close()
			for decoder := codec.NewDecoder(bufio.NewReader(conn), handle()); ; {
				records, chunk, err := read(decoder)
				if err != nil {
					if !errors.Is(err, io.EOF) {
						fmt.Println("forward protocol:", err)
					}
					return
				}
				mu.Lock()
				ok := got(records)
				mu.Unlock()
				if !ok {
					return
				}
				if chunk != "" && codec.NewEncoder(conn, handle()).Encode(map[string]string{"ack": chunk}) != nil {
					return
				}
			}
		})
	}
}

func handle() *codec.MsgpackHandle {
	h := &codec.MsgpackHandle{}
	h.RawToString, h.WriteExt = true, true
	return h
}

// read reads one message: of the mode Message, [tag, time, record, options], or of the mode
// Forward, [tag, [[time, record], …], options].
func read(decoder *codec.Decoder) (records []Record, chunk string, err error) {
	var message []any
	if err := decoder.Decode(&message); err != nil {
		return nil, "", err
	}
	if len(message) < 2 {
		return nil, "", fmt.Errorf("a message of %d parts", len(message))
	}
	tag, _ := message[0].(string)
	entries, forward := message[1].([]any)
	options := message[2:]
	if !forward {
		entries, options = []any{[]any{message[1], message[2]}}, message[3:]
	}
	for _, e := range entries {
		pair, ok := e.([]any)
		if !ok || len(pair) != 2 {
			return nil, "", fmt.Errorf("an entry is %v", e)
		}
		r := Record{Tag: tag, Time: timeOf(pair[0]), Fields: map[string]string{}}
		fields, _ := pair[1].(map[any]any)
		for key, value := range fields {
			r.Fields[fmt.Sprint(key)] = fmt.Sprint(value)
		}
		records = append(records, r)
	}
	if len(options) > 0 {
		if given, ok := options[0].(map[any]any); ok && given["chunk"] != nil {
			chunk = fmt.Sprint(given["chunk"])
		}
	}
	return records, chunk, nil
}

// timeOf returns the time of an entry: seconds, or an EventTime (an extension of seconds and
// nanoseconds).
func timeOf(v any) time.Time {
	switch v := v.(type) {
	case codec.RawExt:
		return eventTime(v.Data)
	case *codec.RawExt:
		return eventTime(v.Data)
	case int64:
		return time.Unix(v, 0)
	case uint64:
		return time.Unix(int64(v), 0)
	}
	return time.Time{}
}

func eventTime(data []byte) time.Time {
	if len(data) != 8 {
		return time.Time{}
	}
	return time.Unix(int64(binary.BigEndian.Uint32(data)), int64(binary.BigEndian.Uint32(data[4:])))
}
