package logs

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// Patience is how long tests wait for what must come.
const Patience = 20 * time.Second

// Client asks logs as servers do.
type Client struct {
	*testing.T
	URL string
}

// Events returns what a query that does not follow answers.
func (c *Client) Events(q structs.LogQuery) (list []structs.LogEvent) {
	c.Helper()
	for e := range c.Stream(c.Context(), q) {
		list = append(list, e)
	}
	return list
}

func (c *Client) post(ctx context.Context, path string, q structs.LogQuery) *http.Response {
	c.Helper()
	raw, err := json.Marshal(q)
	if err != nil {
		c.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, "POST", c.URL+path, strings.NewReader(string(raw)))
	if err != nil {
		c.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		c.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		c.Fatalf("%s answers %s", path, answer.Status)
	}
	return answer
}

// Stream yields the events of a query until the answer or ctx ends.
func (c *Client) Stream(ctx context.Context, q structs.LogQuery) <-chan structs.LogEvent {
	c.Helper()
	answer := c.post(ctx, "/logs/events", q)
	out := make(chan structs.LogEvent)
	go func() {
		defer close(out)
		defer answer.Body.Close()
		lines := bufio.NewReaderSize(answer.Body, 1<<20)
		for {
			line, err := lines.ReadBytes('\n')
			if err != nil {
				return
			}
			var e structs.LogEvent
			if len(line) == 1 {
				continue
			}
			if err := json.Unmarshal(line, &e); err != nil {
				c.Errorf("%v in %s", err, line)
				return
			}
			select {
			case out <- e:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

func (c *Client) Streams(q structs.LogQuery) (list []structs.LogStream) {
	c.Helper()
	answer := c.post(c.Context(), "/logs/streams", q)
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&list); err != nil {
		c.Fatal(err)
	}
	return list
}

// Await waits until the streams have so many events, and returns their messages.
func (c *Client) Await(q structs.LogQuery, n int) []string {
	c.Helper()
	var got []string
	for end := time.Now().Add(Patience); time.Now().Before(end); {
		if got = messages(c.Events(q)); len(got) >= n {
			break
		}
		<-time.After(2 * time.Millisecond)
	}
	if len(got) != n {
		c.Fatalf("there are %d events, want %d: %q, the last %q", len(got), n, got[:min(5, len(got))], got[max(0, len(got)-5):])
	}
	return got
}

func messages(events []structs.LogEvent) (list []string) {
	for _, e := range events {
		list = append(list, e.Message)
	}
	return list
}
