package logs

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

var awslogs = map[string]string{"awslogs-group": "/g", "awslogs-region": "r", "awslogs-stream-prefix": "p"}

func with(options map[string]string, more ...string) map[string]string {
	all := map[string]string{}
	for k, v := range options {
		all[k] = v
	}
	for i := 0; i < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

// Lines of more than 16 KiB, which the engine writes in parts, are one event each, also when the
// lines of the other source come in between.
func TestLongLines(t *testing.T) {
	h := newHarness(t, Config{})
	c := h.run("t1", "app", nil)
	x := strings.Repeat("x", partBytes)
	c.write(t, "stdout", x)
	c.write(t, "stderr", "between\n")
	c.write(t, "stdout", strings.Repeat("y", 9)+"\n")
	c.write(t, "stdout", strings.Repeat("<", partBytes)) // six bytes each in JSON
	c.write(t, "stdout", "\n")
	c.write(t, "stdout", strings.Repeat("z", partBytes-1)+"\n")
	got := h.Await(structs.LogQuery{}, 4)
	want := []string{"between", x + strings.Repeat("y", 9), strings.Repeat("<", partBytes), strings.Repeat("z", partBytes-1)}
	// the long line began before the other one, and comes when it is whole
	if !slices.Equal(got, want) {
		t.Errorf("events of %d, %d, %d and %d bytes", len(got[0]), len(got[1]), len(got[2]), len(got[3]))
	}
}

// A line that is too long for an event is cut where awslogs cuts it.
func TestLineThatIsTooLong(t *testing.T) {
	h := newHarness(t, Config{})
	c := h.run("t1", "app", awslogs)
	for range 300000 / partBytes {
		c.write(t, "stdout", strings.Repeat("x", partBytes))
	}
	c.write(t, "stdout", strings.Repeat("x", 300000%partBytes)+"\n")
	h.Await(structs.LogQuery{}, 2)
	got := h.Events(structs.LogQuery{})
	if len(got[0].Message) != 262118 || len(got[1].Message) != 37882 || !got[0].Continues || got[1].Continues {
		t.Errorf("events of %d (continues: %t) and %d bytes (continues: %t)", len(got[0].Message), got[0].Continues, len(got[1].Message), got[1].Continues)
	}
}

// What a container wrote without a line break before it ended is an event of its own.
func TestLastLineWithoutBreak(t *testing.T) {
	h := newHarness(t, Config{})
	c := h.run("t1", "app", nil)
	c.write(t, "stdout", "no break")
	c.write(t, "stdout", "after a restart\n")
	c.write(t, "stdout", strings.Repeat("x", partBytes))
	h.exit(c)
	if got := h.Await(structs.LogQuery{}, 3); got[0] != "no break" || got[1] != "after a restart" || len(got[2]) != partBytes {
		t.Errorf("events %.40q", got)
	}
}

// Events of several lines are joined as Docker's awslogs joins them, and empty lines are none.
func TestMultiline(t *testing.T) {
	now := time.Now().Add(-time.Minute)
	for name, test := range map[string]struct {
		options map[string]string
		lines   []string
		want    []string
	}{
		"lines": {awslogs, []string{"a\n", "\n", " \n", "b\n"}, []string{"a", " ", "b"}},
		"pattern": {with(awslogs, "awslogs-multiline-pattern", "^INFO"), []string{"INFO a\n", "  at b\n", "\n", "INFO c\n"},
			[]string{"INFO a\n  at b\n\n", "INFO c\n"}},
		"what comes before the first match": {with(awslogs, "awslogs-multiline-pattern", "^INFO"), []string{"x\n", "y\n", "INFO c\n"},
			[]string{"x\ny\n", "INFO c\n"}},
		"date": {with(awslogs, "awslogs-datetime-format", "%Y-%m-%d"), []string{"2026-11-29 a\n", "b\n", "failed on 2026-11-29\n"},
			[]string{"2026-11-29 a\nb\n", "failed on 2026-11-29\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, Config{})
			c := h.run("t1", "app", test.options)
			for _, line := range test.lines {
				c.writeAt(t, "stdout", line, now)
			}
			h.exit(c)
			if diff := cmp.Diff(test.want, h.Await(structs.LogQuery{}, len(test.want))); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

// An event of several lines ends five seconds after its first line, for a follower too.
func TestMultilineEndsAfterATime(t *testing.T) {
	h := newHarness(t, Config{})
	c := h.run("t1", "app", with(awslogs, "awslogs-multiline-pattern", "^INFO"))
	seen := h.Stream(t.Context(), structs.LogQuery{Follow: true})
	now := time.Now()
	c.writeAt(t, "stdout", "INFO a\n", now.Add(-4*time.Second))
	c.writeAt(t, "stdout", "b\n", now)
	c.writeAt(t, "stdout", "c\n", now.Add(2*time.Second))
	if e := <-seen; e.Message != "INFO a\nb\n" {
		t.Errorf("the first event is %q", e.Message)
	}
	if e := <-seen; e.Message != "c\n" || time.Since(now) > 10*time.Second {
		t.Errorf("the second event is %q after %v", e.Message, time.Since(now))
	}
}

// Options that awslogs does not know, or that do not fit, fail the container as on ECS.
func TestStreamNames(t *testing.T) {
	h := newHarness(t, Config{})
	for n, test := range []struct {
		options map[string]string
		want    string
	}{
		{awslogs, "p/app/t0"},
		{map[string]string{"awslogs-group": "/g"}, "id1"},
		{map[string]string{"awslogs-group": "/g", "awslogs-stream": "one"}, "one"},
		{nil, "app/t3"},
	} {
		task := fmt.Sprint("t", n)
		c := h.run(task, "app", test.options)
		c.write(t, "stdout", "x\n")
		h.Await(structs.LogQuery{Task: task}, 1)
		if s := h.Streams(structs.LogQuery{Task: task}); s[0].Name != test.want {
			t.Errorf("%v: the stream is %q, want %q", test.options, s[0].Name, test.want)
		}
	}
}

// A record with attributes of its container, or with a time of a whole second, is read.
func TestRecords(t *testing.T) {
	for text, want := range map[string]record{
		`{"log":"a\\n\n","stream":"stderr","time":"2026-11-30T08:10:49Z"}`: {[]byte(`a\\n`), true, "stderr", time.Date(2026, 11, 30, 8, 10, 49, 0, time.UTC)},
		`{"log":"a\\n","stream":"stdout","time":"2026-11-30T08:10:49.5Z"}`: {[]byte(`a\\n`), false, "stdout", time.Date(2026, 11, 30, 8, 10, 49, 5e8, time.UTC)},
		`{"log":"\n","stream":"stdout","attrs":{"x":"\",\"stream\":\"stderr\","},"time":"2026-11-30T08:10:49Z"}`: {
			[]byte(""), true, "stdout", time.Date(2026, 11, 30, 8, 10, 49, 0, time.UTC)},
	} {
		got, ok := parseRecord([]byte(text))
		if !ok || string(got.text) != string(want.text) || got.broken != want.broken || got.source != want.source || !got.time.Equal(want.time) {
			t.Errorf("%s is %q %+v", text, got.text, got)
		}
	}
	for _, text := range []string{"", "{", `{"log":"x`, `{"log":"x","stream":"stdout","time":"yesterday"}`, "\x00\x00", `{"gantry":{"at":1}}`} {
		if got, ok := parseRecord([]byte(text)); ok {
			t.Errorf("%q is %+v", text, got)
		}
	}
}
