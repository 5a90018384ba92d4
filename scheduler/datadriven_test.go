package scheduler

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write what the tests get into the files in testdata")

// block is one case of a file in testdata: a command line, lines of input, and after ---- the
// output. An empty line ends it.
type block struct {
	comment  []string // lines before it that start with #
	command  string
	args     map[string]string // key=value words of the command line
	input    []string
	expected string
}

// runFile runs each block of a file through fn and compares, or with -rewrite rewrites the file.
func runFile(t *testing.T, path string, fn func(t *testing.T, b *block) string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for part := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		b := parseBlock(part)
		got := strings.TrimSpace(fn(t, b))
		if !*rewrite && got != b.expected {
			t.Errorf("%s: %s\ngot:\n%s\n\nwant:\n%s", path, b.command, got, b.expected)
		}
		out = append(out, strings.Join(slices.Concat(b.comment, []string{b.command}, b.input, []string{"----", got}), "\n"))
	}
	if *rewrite {
		if err := os.WriteFile(path, []byte(strings.Join(out, "\n\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func parseBlock(text string) *block {
	head, expected, _ := strings.Cut(text, "\n----")
	b := &block{expected: strings.TrimSpace(expected)}
	for line := range strings.SplitSeq(head, "\n") {
		switch {
		case strings.HasPrefix(line, "#"):
			b.comment = append(b.comment, line)
		case b.command == "":
			b.command, b.args = line, parseArgs(line)
		default:
			b.input = append(b.input, line)
		}
	}
	return b
}

func parseArgs(line string) map[string]string {
	args := map[string]string{}
	for _, word := range strings.Fields(line) {
		if key, value, ok := strings.Cut(word, "="); ok {
			args[key] = value
		}
	}
	return args
}

func TestDataDriven(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files in testdata: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			var h harness
			runFile(t, path, h.run)
		})
	}
}
