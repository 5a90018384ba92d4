package structs

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The first words of a health check's command (ECS and Docker).
const (
	checkDirect = "CMD"
	checkShell  = "CMD-SHELL"
	checkNone   = "NONE"
)

// Checks reports whether there is a health check at all. The command NONE turns it off (Docker).
func (h *HealthCheck) Checks() bool {
	return h != nil && (len(h.Command) == 0 || h.Command[0] != checkNone)
}

// Test returns the command in the form of container engines, beginning with CMD or CMD-SHELL. ECS
// also accepts a program without either, which is run directly; a single string with blanks is a
// shell command line. The error explains why a command names no program; its text follows the
// field's name. (A lone CMD makes Docker Engine 20.10 panic.)
func (h *HealthCheck) Test() ([]string, error) {
	if len(h.Command) == 0 {
		return nil, errors.New(`is empty; give the program to run, as in ["CMD", "/bin/check"], or leave the health check out`)
	}
	first := h.Command[0]
	switch word := strings.ToUpper(strings.TrimSpace(first)); {
	case first == checkDirect, first == checkShell:
		if len(h.Command) == 1 || isBlank(h.Command[1]) {
			return nil, fmt.Errorf("names no program after %s; give one, or leave the health check out", first)
		}
		return h.Command, nil
	case word == checkDirect, word == checkShell, word == checkNone:
		return nil, fmt.Errorf("begins with %q; write %s", first, word)
	case isBlank(first):
		return nil, errors.New("begins with an empty string; give the program to run, or leave the health check out")
	case len(h.Command) == 1 && strings.ContainsAny(first, " \t\n"):
		return []string{checkShell, first}, nil
	}
	return slices.Insert(slices.Clone(h.Command), 0, checkDirect), nil
}

func isBlank(s string) bool { return strings.TrimSpace(s) == "" }
