package sink_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/sink"
	"github.com/gantry-project/gantry/structs"
)

// bucket is a bucket in memory.
type bucket struct {
	mu      sync.Mutex
	objects map[string]string
	fail    func(key string) error // after the object is there; nil: never
}

func (b *bucket) Put(_ context.Context, name, key, _ string, content []byte) error {
	unpacked, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return err
	}
	text, err := io.ReadAll(unpacked)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.objects[name+":"+key] = string(text)
	if b.fail != nil {
		return b.fail(key)
	}
	return nil
}

func (b *bucket) await(t *testing.T, text string) map[string]string {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		b.mu.Lock()
		all := maps.Clone(b.objects)
		b.mu.Unlock()
		for _, content := range all {
			if strings.Contains(content, text) {
				return all
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("%q did not arrive: %v", text, slices.Sorted(maps.Keys(all)))
		}
	}
}

// Objects are found by cluster, group, stream and time. A batch whose answer was lost is put again
// under the same name, with what came meanwhile, so each line is there once.
func TestObjects(t *testing.T) {
	s := newStore(
		structs.LogStream{Task: "t1", Container: "web", Group: "/ecs/web", Name: "p/web/t1"},
		structs.LogStream{Task: "t1", Container: "side"},
	)
	lost := 0
	b := &bucket{objects: map[string]string{}, fail: func(string) error {
		if lost++; lost < 4 {
			s.write(0, fmt.Sprint("line ", lost))
			return errors.New("the answer is lost")
		}
		return nil
	}}
	s.write(0, "line 0")
	s.write(1, `<"other">`)
	ship(t, sink.Config{Store: s, Target: &sink.Objects{Store: b, Bucket: "logs", Prefix: "a"}})
	b.await(t, "other")
	all := b.await(t, "line 3")
	const web, side = "logs:a/prod/ecs/web/p/web/t1/2025-11-30T08-06-40.123Z-00000000.json.gz", "logs:a/prod/t1/side/2025-11-30T08-06-40.123Z-00000000.json.gz"
	if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, []string{web, side}) {
		t.Fatalf("objects %q", got)
	}
	if got := strings.Count(all[web], "\n"); got != 4 {
		t.Errorf("%d lines in %s", got, all[web])
	}
	var first map[string]any
	if err := json.Unmarshal([]byte(strings.SplitN(all[side], "\n", 2)[0]), &first); err != nil {
		t.Fatal(err)
	}
	if first["log"] != `<"other">` || first["time"] != "2025-11-30T08:06:40.123Z" || first["source"] != "stdout" || first["container"] != "side" {
		t.Errorf("a line is %s", all[side])
	}
}

// What was dropped is said in the log, in the record and in the note: what never was kept, and what
// was removed while the sink did not take it. What the sink has may be removed. Only streams of
// awslogs are shipped where that is asked.
func TestDropped(t *testing.T) {
	s := newStore(structs.LogStream{Task: "t1", Container: "web", Group: "g", Name: "n"}, structs.LogStream{Task: "t1", Container: "side"})
	s.write(1, "not this one")
	s.write(0, "before", "between")
	s.events["t1/web"][1].Dropped = 7
	b := &bucket{objects: map[string]string{}}
	var log bytes.Buffer
	config := sink.Config{
		Store: s, Target: &sink.Objects{Store: b, Bucket: "logs"}, AwslogsOnly: true, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		File: filepath.Join(t.TempDir(), "note.json"),
	}
	run := func(until string) {
		t.Helper()
		stop := ship(t, config)
		b.await(t, until)
		for noted := ""; !strings.Contains(noted, fmt.Sprintf(`"lines":%d}`, s.Streams()[0].Lines)); {
			text, _ := os.ReadFile(config.File)
			noted = string(text)
		}
		stop()
	}
	run("between")
	s.write(0, "lost 1", "lost 2", "after")
	s.remove(0, 4) // two of them are in the bucket
	run("after")
	s.remove(0, 1)
	s.write(0, "end")
	run("end")
	all := b.await(t, "end")
	if len(all) != 3 {
		t.Errorf("objects %v", all)
	}
	for _, content := range all {
		want := ""
		switch {
		case strings.Contains(content, `"between"`):
			want = `"dropped":7`
		case strings.Contains(content, `"after"`):
			want = `"dropped":2`
		}
		if !strings.Contains(content, want) || want == "" && strings.Contains(content, "dropped") {
			t.Errorf("lines %s want %s", content, want)
		}
	}
	if !strings.Contains(log.String(), "lines=7 all=7") || !strings.Contains(log.String(), "lines=2 all=9") || strings.Count(log.String(), "all=") != 2 {
		t.Errorf("log %s", log.String())
	}
}
