package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/fluent"
)

// sinkFile writes a file of sinks.
func sinkFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sinks.hcl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Every line of a container reaches a Fluent endpoint, although gantry is killed while it ships and
// the endpoint refuses batches. Lines may come twice, but always in order.
func TestLogSinkSurvivesCrashes(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	const lines = 60000
	var mu sync.Mutex
	var got []int
	messages, newest := 0, make(chan struct{}, 1)
	go fluent.Receive(listener, func(records []fluent.Record) bool {
		mu.Lock()
		defer mu.Unlock()
		for _, r := range records {
			number, err := strconv.Atoi(strings.SplitN(r.Fields["log"], " ", 2)[0])
			if err != nil {
				number = -1
			}
			got = append(got, number)
		}
		select {
		case newest <- struct{}{}:
		default:
		}
		messages++
		return messages%3 != 0
	})
	file := sinkFile(t, fmt.Sprintf("sink \"fluent\" {\n interval = \"100ms\"\n forward {\n  address = %q\n }\n}\n", listener.Addr()))
	dir := t.TempDir()
	d := startDev(t, "--data-dir", dir, "--log-sinks", file)
	printer := app("printer", "lines", fmt.Sprint(lines), "100")
	printer.Essential = aws.Bool(false)
	arn := d.run(d.family(printer, app("app", "sleep")))
	<-newest
	d.kill()
	d = startDev(t, "--data-dir", dir, "--log-sinks", file)
	for deadline := time.After(patience); ; {
		mu.Lock()
		all := slices.Clone(got)
		mu.Unlock()
		if slices.Contains(all, lines-1) {
			break
		}
		select {
		case <-newest:
		case <-deadline:
			t.Fatalf("of %d lines, %d arrived", lines, len(all))
		}
	}
	mu.Lock()
	defer mu.Unlock()
	inOrder(t, got, lines)
	d.stopTask(arn)
}

// inOrder checks that all numbers came, and each the first time in its turn.
func inOrder(t *testing.T, got []int, all int) {
	t.Helper()
	next := 0
	for _, number := range got {
		if number > next || number < 0 {
			t.Fatalf("after %d lines in order comes %d", next, number)
		}
		next = max(next, number+1)
	}
	if next != all {
		t.Errorf("%d of %d lines arrived", next, all)
	}
}

// The output of awslogs is in a bucket, once, under the names of its group and stream.
func TestLogSinkOfABucket(t *testing.T) {
	s3 := testutil.StartS3(t, "logs")
	file := sinkFile(t, fmt.Sprintf(`sink "archive" {
		only     = "awslogs"
		interval = "200ms"
		s3 {
			endpoint          = %q
			region            = %q
			bucket            = "logs"
			prefix            = "gantry"
			access_key_id     = %q
			secret_access_key = %q
		}
	}`, s3.URL, s3.Region, s3.AccessKeyID, s3.Secret))
	d := startDev(t, "--log-sinks", file)
	web := app("web", "print", "one", "two")
	web.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{
		"awslogs-group": "/ecs/web", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "p", "awslogs-create-group": "true",
	}}
	side := app("side", "print", "not shipped")
	side.Essential = aws.Bool(false)
	arn := d.run(d.family(web, side))
	d.await(arn, "STOPPED")
	prefix := "gantry/default/ecs/web/p/web/" + arn[strings.LastIndex(arn, "/")+1:] + "/"
	var text string
	for deadline := time.Now().Add(patience); !strings.Contains(text, `"two"`); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the bucket has %q\n%s", s3.Keys("logs"), text)
		}
		text = ""
		for key, content := range s3.Objects("logs") {
			if strings.HasPrefix(key, prefix) && strings.HasSuffix(key, ".json.gz") {
				text += unpacked(t, content)
			}
		}
	}
	var records []map[string]any
	for line := range strings.Lines(text) {
		var r map[string]any
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		records = append(records, r)
	}
	if len(records) != 2 || records[0]["log"] != "one" && records[0]["log"] != "two" || records[0]["group"] != "/ecs/web" || records[0]["container"] != "web" {
		t.Errorf("records %v", records)
	}
	for _, key := range s3.Keys("logs") {
		if key != "" && !strings.HasPrefix(key, prefix) {
			t.Errorf("the bucket has %s too", key)
		}
	}
}

func unpacked(t *testing.T, content string) string {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader([]byte(content)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
