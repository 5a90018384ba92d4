package structs

import (
	"strings"
	"testing"
)

// The options of awslogs are read, and what Docker refuses is refused in its words.
func TestParseAwslogs(t *testing.T) {
	for text, want := range map[string]string{
		"awslogs-group=/g": "", "awslogs-group=/g;awslogs-create-group=TRUE;mode=blocking;max-buffer-size=1m": "",
		"awslogs-group=/g;awslogs-force-flush-interval-seconds=5;awslogs-max-buffered-events=10": "",
		"":                     "must specify a value for log opt 'awslogs-group'",
		"awslogs-group=/g;x=1": "unknown log opt 'x' for awslogs log driver",
		"awslogs-group=/g;awslogs-create-group=maybe":                              "must specify valid value for log opt 'awslogs-create-group': strconv.ParseBool: parsing \"maybe\": invalid syntax",
		"awslogs-group=/g;awslogs-max-buffered-events=0":                           "must specify a positive integer for log opt 'awslogs-max-buffered-events': 0",
		"awslogs-group=/g;awslogs-multiline-pattern=(":                             "awslogs could not parse multiline pattern key \"(\": error parsing regexp: missing closing ): `(`",
		"awslogs-group=/g;awslogs-multiline-pattern=^A;awslogs-datetime-format=%Y": "you cannot configure log opt 'awslogs-datetime-format' and 'awslogs-multiline-pattern' at the same time",
	} {
		options := map[string]string{}
		for option := range strings.SplitSeq(text, ";") {
			if name, value, ok := strings.Cut(option, "="); ok {
				options[name] = value
			}
		}
		got := ""
		if _, err := ParseAwslogs(options); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	a, err := ParseAwslogs(map[string]string{"awslogs-group": "/g", "awslogs-region": "r", "awslogs-create-group": "true", "awslogs-datetime-format": `\[%H:%M\]`})
	if err != nil || a.Group != "/g" || a.Region != "r" || !a.CreateGroup || a.Multiline != `\[(?:[0,1][0-9]|2[0-3]):[0-5][0-9]\]` {
		t.Errorf("%+v, %v", a, err)
	}
}
