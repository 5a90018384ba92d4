package structs

import (
	"reflect"
	"strings"
	"testing"
)

// The rules are those of ECS's agent, to the letter.
func TestParseEnvironmentFile(t *testing.T) {
	text := "# a comment\n\nPLAIN=value\n  INDENTED=x\nQUOTED=\"a b\" # no comment\nURL=postgres://u:p@h/db?a=b&c=d\nEMPTY=\n=nameless\nnovalue\n" +
		" # not a comment, and no variable\nSPACED = y \nDOLLAR=$HOME ${X}\nESCAPE=a\\nb\nTWICE=1\nTWICE=2\nexport SHELL=sh\nCRLF=z\r\nLAST=end"
	want := map[string]string{
		"PLAIN": "value", "  INDENTED": "x", "QUOTED": `"a b" # no comment`, "URL": "postgres://u:p@h/db?a=b&c=d", "SPACED ": " y ",
		"DOLLAR": "$HOME ${X}", "ESCAPE": `a\nb`, "TWICE": "2", "export SHELL": "sh", "CRLF": "z", "LAST": "end",
	}
	got, err := ParseEnvironmentFile([]byte(text))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
	for text, want := range map[string]string{
		"A=1\nB=" + strings.Repeat("x", maxEnvironmentLine): "line 2 is longer", "A=1\nB=a\x00b": "line 2 has a zero byte",
	} {
		if _, err := ParseEnvironmentFile([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
}

func TestEnvironmentFileObject(t *testing.T) {
	for value, want := range map[string]string{
		"arn:aws:s3:::bucket/f.env": "bucket f.env", "arn:aws-cn:s3:::my.bucket/a/b c.env": "my.bucket a/b c.env", "arn:aws:s3:::bucket/.env": "bucket .env",
	} {
		f := EnvironmentFile{Type: "s3", Value: value}
		if bucket, key, err := f.Object(); err != nil || bucket+" "+key != want {
			t.Errorf("%s: %s %s %v", value, bucket, key, err)
		}
	}
	for value, want := range map[string]string{
		"s3://bucket/f.env": "not the ARN", "arn:aws:s3:::bucket": "not the ARN", "arn:aws:s3:::bucket/": "not the ARN", "arn:aws:s3:::B_/f.env": "not the ARN",
		"arn:aws:sqs:::bucket/f.env": "not the ARN", "arn:aws:s3:::bucket/f.txt": "does not end in .env", "": "not the ARN",
	} {
		f := EnvironmentFile{Type: "s3", Value: value}
		if _, _, err := f.Object(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", value, err, want)
		}
	}
	if _, _, err := (&EnvironmentFile{Type: "gcs", Value: "arn:aws:s3:::bucket/f.env"}).Object(); err == nil {
		t.Error("a type that there is not is taken")
	}
}
