package sink

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"path"
	"strings"
)

// Putter puts an object into a bucket.
type Putter interface {
	Put(ctx context.Context, bucket, key, contentType string, content []byte) error
}

// Objects is a target that makes an object of each batch: a line of JSON for each event, packed
// with gzip.
type Objects struct {
	Store          Putter
	Bucket, Prefix string
}

// Ship implements Target.
func (o *Objects) Ship(ctx context.Context, b Batch) error {
	var content bytes.Buffer
	packed := gzip.NewWriter(&content)
	lines := json.NewEncoder(packed)
	lines.SetEscapeHTML(false)
	for i := range b.Events {
		if err := lines.Encode(recordOf(&b.Stream, &b.Events[i])); err != nil {
			return err
		}
	}
	if err := packed.Close(); err != nil {
		return err
	}
	return o.Store.Put(ctx, o.Bucket, o.key(b), "application/gzip", content.Bytes())
}

// key returns PREFIX/CLUSTER/GROUP/STREAM/TIME-POSITION.json.gz, with the time and position of the
// first event. A stream without a group is under TASK/CONTAINER.
func (o *Objects) key(b Batch) string {
	group, stream := strings.Trim(b.Stream.Group, "/"), b.Stream.Name
	if group == "" || stream == "" {
		group, stream = b.Stream.Task, b.Stream.Container
	}
	first := b.Events[0]
	name := first.Time.Std().UTC().Format("2006-01-02T15-04-05.000Z") + "-" + first.Position + ".json.gz"
	return path.Join(o.Prefix, b.Stream.Cluster, group, stream, name)
}

// Close implements Target.
func (*Objects) Close() error { return nil }
