package sink_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/sink"
	"github.com/gantry-project/gantry/config"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

func parse(t *testing.T, text string) ([]sink.Sink, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sinks.hcl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var f sink.File
	if err := config.Decode(path, &f); err != nil {
		return nil, err
	}
	return f.Parse()
}

// Output goes to an S3 store that a file names, and a store that fails for a while gets it later.
func TestSinkOfAFile(t *testing.T) {
	s3 := testutil.StartS3(t, "logs")
	list, err := parse(t, `
sink "archive" {
  only     = "awslogs"
  interval = "10s"
  s3 {
    endpoint          = "`+s3.URL+`"
    region            = "`+s3.Region+`"
    bucket            = "logs"
    prefix            = "gantry"
    access_key_id     = "`+s3.AccessKeyID+`"
    secret_access_key = "`+s3.Secret+`"
  }
}
sink "fluent" {
  forward {
    address = "logs.example:24224"
  }
}`)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 || list[0].Name != "archive" || !list[0].AwslogsOnly || list[0].Interval != 10*time.Second ||
		list[1].Name != "fluent" || list[1].AwslogsOnly || list[1].Interval != time.Second {
		t.Errorf("sinks %+v", list)
	}
	s := newStore(structs.LogStream{Task: "t1", Container: "web", Group: "g", Name: "n"})
	s.write(0, "one")
	s3.Fail(500)
	ship(t, sink.Config{Store: s, Target: list[0].Open()})
	for len(s3.Asked()) == 0 {
		time.Sleep(time.Millisecond)
	}
	s3.Fail(0)
	const key = "gantry/prod/g/n/2025-11-30T08-06-40.123Z-00000000.json.gz"
	for deadline := time.Now().Add(patience); s3.Objects("logs")[key] == ""; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("objects %q, asked %q", s3.Keys("logs"), s3.Asked())
		}
	}
}

func TestMistakesInASinkFile(t *testing.T) {
	for text, want := range map[string]string{
		`sink "a/b" {}`: "the name is not 1 to 64 letters",
		`sink "a" {}`:   "it needs one block, s3 or forward",
		"sink \"a\" {\nforward {\naddress = \"h:1\"\n}\n}\nsink \"a\" {\nforward {\naddress = \"h:1\"\n}\n}": "it is there twice",
		"sink \"a\" {\nonly = \"all\"\nforward {\naddress = \"h:1\"\n}\n}":                                   "is not awslogs",
		"sink \"a\" {\ninterval = \"5\"\nforward {\naddress = \"h:1\"\n}\n}":                                 "missing unit",
		"sink \"a\" {\ninterval = \"1ms\"\nforward {\naddress = \"h:1\"\n}\n}":                               "less than 100ms",
		"sink \"a\" {\nforward {\naddress = \"h\"\n}\n}":                                                     "is not HOST:PORT",
		"sink \"a\" {\nforward {\naddress = \"h:1\"\nca_file = \"x\"\n}\n}":                                  "ca_file is for tls = true",
		"sink \"a\" {\nforward {\naddress = \"h:1\"\ntls = true\nca_file = \"/missing\"\n}\n}":               "ca_file: open /missing",
		"sink \"a\" {\ns3 {\nendpoint = \"minio\"\nbucket = \"b\"\n}\n}":                                     "is not a URL such as",
		"sink \"a\" {\ns3 {\nendpoint = \"http://minio\"\nbucket = \"b/c\"\n}\n}":                            "is not the name of a bucket",
		"sink \"a\" {\ns3 {\nendpoint = \"http://minio\"\nbucket = \"b\"\naccess_key_id = \"k\"\n}\n}":       "belong together",
		"sink \"a\" {\ns3 {\nbucket = \"b\"\n}\n}":                                                           "sinks.hcl:2",
	} {
		if _, err := parse(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
}
