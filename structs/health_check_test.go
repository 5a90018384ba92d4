package structs

import (
	"reflect"
	"strings"
	"testing"
)

func TestHealthCheckTest(t *testing.T) {
	for _, tc := range []struct {
		command, want []string
		err           string
	}{
		{command: []string{"CMD", "/ok", ""}, want: []string{"CMD", "/ok", ""}},
		{command: []string{"CMD-SHELL", "curl -f http://localhost || exit 1"}, want: []string{"CMD-SHELL", "curl -f http://localhost || exit 1"}},
		{command: []string{"/healthcheck"}, want: []string{"CMD", "/healthcheck"}},
		{command: []string{"curl", "-f", "http://localhost"}, want: []string{"CMD", "curl", "-f", "http://localhost"}},
		{command: []string{"curl -f http://localhost"}, want: []string{"CMD-SHELL", "curl -f http://localhost"}},
		{command: nil, err: "is empty"},
		{command: []string{"CMD"}, err: "names no program after CMD;"},
		{command: []string{"CMD", ""}, err: "names no program after CMD;"},
		{command: []string{"CMD", "", "/ok"}, err: "names no program after CMD;"},
		{command: []string{"CMD-SHELL"}, err: "names no program after CMD-SHELL;"},
		{command: []string{"CMD-SHELL", " \t\n"}, err: "names no program after CMD-SHELL;"},
		{command: []string{""}, err: "begins with an empty string"},
		{command: []string{" ", "/ok"}, err: "begins with an empty string"},
		{command: []string{"cmd", "/ok"}, err: `begins with "cmd"; write CMD`},
		{command: []string{"Cmd-Shell ", "true"}, err: `begins with "Cmd-Shell "; write CMD-SHELL`},
		{command: []string{"none"}, err: `begins with "none"; write NONE`},
	} {
		h := HealthCheck{Command: tc.command}
		got, err := h.Test()
		if tc.err == "" && err != nil || tc.err != "" && (err == nil || !strings.HasPrefix(err.Error(), tc.err)) {
			t.Errorf("%q: error %v, want %q", tc.command, err, tc.err)
		}
		if !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%q: %q, want %q", tc.command, got, tc.want)
		}
		if !h.Checks() {
			t.Errorf("%q counts as no health check", tc.command)
		}
	}
}

func TestNoHealthCheck(t *testing.T) {
	for _, h := range []*HealthCheck{nil, {Command: []string{"NONE"}}, {Command: []string{"NONE", "x"}}} {
		d := TaskDefinition{ContainerDefinitions: []ContainerDefinition{{Name: "a", HealthCheck: h}}}
		if d.HasHealthCheck() {
			t.Errorf("%+v is a health check", h)
		}
	}
}
