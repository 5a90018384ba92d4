package structs

import (
	"encoding/json"
	"testing"
)

// Events survive both ways, read and written by either of the two codecs.
func TestLogEventJSON(t *testing.T) {
	usual := LogEvent{Task: "t1", Container: "app", Source: "stdout", Time: 1_764_500_000_123, Ingested: 1_764_500_001_000, Message: "a line", Position: "00000001-000000c8-0"}
	change := func(f func(*LogEvent)) LogEvent { e := usual; f(&e); return e }
	for name, e := range map[string]LogEvent{
		"usual":   usual,
		"empty":   change(func(e *LogEvent) { e.Message = "" }),
		"quotes":  change(func(e *LogEvent) { e.Message = `{"time":1.000,"message":"x\\","position":"y"}` + "\t<&>\x1b[31m" }),
		"letters": change(func(e *LogEvent) { e.Message = "grüße, 世界" }),
		"round":   change(func(e *LogEvent) { e.Time = 1_764_500_000_000 }),
		"rare":    change(func(e *LogEvent) { e.Gap, e.Dropped, e.Continues = true, 3, true }),
		"none":    {},
	} {
		quickly := e.AppendJSON(nil)
		var back LogEvent
		if err := json.Unmarshal(quickly, &back); err != nil || back != e {
			t.Errorf("%s: %s is read as %+v, %v", name, quickly, back, err)
		}
		got, ok := QuickLogEvent(quickly)
		if rare := name == "rare" || name == "none"; ok == rare || ok && got != e {
			t.Errorf("%s: %s is read as %+v, %t", name, quickly, got, ok)
		}
	}
	raw := usual.AppendJSON(nil)
	for cut := range raw {
		if got, ok := QuickLogEvent(raw[:cut]); ok {
			t.Errorf("the first %d bytes are read as %+v", cut, got)
		}
	}
	if got, ok := QuickLogEvent(append(raw[:len(raw)-1:len(raw)-1], `,"note":"n"}`...)); ok {
		t.Errorf("a line with a note is read as %+v", got)
	}
}

// Invalid UTF-8 is replaced as encoding/json does it.
func TestLogEventNotUTF8(t *testing.T) {
	e := LogEvent{Task: "t", Container: "c", Source: "stderr", Time: 1, Ingested: 1, Message: "a\xffb", Position: "p"}
	got, ok := QuickLogEvent(e.AppendJSON(nil))
	if !ok || got.Message != "a\ufffdb" {
		t.Errorf("%q, %t", got.Message, ok)
	}
}
