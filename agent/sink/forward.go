package sink

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"net"
	"time"

	"github.com/hashicorp/go-msgpack/v2/codec"
)

// forwardTimeout bounds a connection attempt, and how long the endpoint may take for a batch.
const forwardTimeout = time.Minute

// Forward is a target that sends batches over Fluentd's forward protocol (version 1), and waits for
// the acknowledgement of each.
type Forward struct {
	Address string // host:port
	Tag     string // records have the tag TAG.CLUSTER.CONTAINER
	// TLS, if not nil, is how the endpoint is trusted.
	TLS *tls.Config

	conn    net.Conn       // nil: not connected
	decoder *codec.Decoder // of conn
}

// Ship implements Target.
func (f *Forward) Ship(ctx context.Context, b Batch) error {
	err := f.send(ctx, b)
	if err != nil {
		f.Close()
		return fmt.Errorf("send to %s: %w", f.Address, err)
	}
	return nil
}

func (f *Forward) send(ctx context.Context, b Batch) error {
	ctx, cancel := context.WithTimeout(ctx, forwardTimeout)
	defer cancel()
	if err := f.connect(ctx); err != nil {
		return err
	}
	conn := f.conn
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	chunk := rand.Text()
	entries := make([]any, len(b.Events))
	for i := range b.Events {
		e := &b.Events[i]
		entries[i] = []any{eventTime(e.Time.Std()), recordOf(&b.Stream, e)}
	}
	message := []any{
		f.Tag + "." + b.Stream.Cluster + "." + b.Stream.Container, entries, map[string]any{"chunk": chunk, "size": len(entries)},
	}
	var content []byte
	if err := codec.NewEncoderBytes(&content, handle()).Encode(message); err != nil {
		return err
	}
	if _, err := conn.Write(content); err != nil {
		return err
	}
	var answer struct {
		Ack string `codec:"ack"`
	}
	if err := f.decoder.Decode(&answer); err != nil {
		return fmt.Errorf("wait for the acknowledgement: %w", err)
	}
	if answer.Ack != chunk {
		return fmt.Errorf("it acknowledged %q, not %q", answer.Ack, chunk)
	}
	return nil
}

func (f *Forward) connect(ctx context.Context) (err error) {
	if f.conn != nil {
		return nil
	}
	if f.TLS != nil {
		f.conn, err = (&tls.Dialer{Config: f.TLS}).DialContext(ctx, "tcp", f.Address)
	} else {
		f.conn, err = new(net.Dialer).DialContext(ctx, "tcp", f.Address)
	}
	if err != nil {
		f.conn = nil
		return err
	}
	f.decoder = codec.NewDecoder(bufio.NewReader(f.conn), handle())
	return nil
}

func handle() *codec.MsgpackHandle {
	h := &codec.MsgpackHandle{WriteExt: true}
	h.RawToString = true
	return h
}

// eventTime returns a time as the protocol has it: extension 0, of seconds and nanoseconds.
func eventTime(t time.Time) codec.RawExt {
	data := binary.BigEndian.AppendUint32(nil, uint32(t.Unix()))
	return codec.RawExt{Tag: 0, Data: binary.BigEndian.AppendUint32(data, uint32(t.Nanosecond()))}
}

// Close implements Target.
func (f *Forward) Close() error {
	if f.conn == nil {
		return nil
	}
	err := f.conn.Close()
	f.conn = nil
	return err
}
