package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// answering returns a client of a server that gives every call the same answer.
func answering(t *testing.T, answer http.HandlerFunc) *client.Client {
	t.Helper()
	server := httptest.NewServer(answer)
	c := client.New(client.Config{Address: server.URL + "/"})
	t.Cleanup(func() {
		c.Close()
		server.Close()
	})
	return c
}

// An answer that is not Gantry's, such as a proxy's page, may be temporary: the caller tries again.
func TestAnswersThatAreNotGantrys(t *testing.T) {
	for name, body := range map[string]string{
		"a page":      "<html>502 Bad Gateway</html>",
		"nothing":     "",
		"other JSON":  `{"message":"no"}`,
		"no code":     `{"error":{"message":"no"}}`,
		"a long page": strings.Repeat("x", 1<<20),
		"broken JSON": `{"error":{"code":"Client"`,
	} {
		t.Run(name, func(t *testing.T) {
			c := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusBadGateway)
				io.WriteString(w, body)
			})
			err := c.Report(t.Context(), "0123", nil)
			var e *structs.Error
			if !errors.As(err, &e) || e.Kind != structs.KindUnavailable || !strings.Contains(e.Message, "502") || len(e.Message) > 100_000 {
				t.Errorf("the client gives %v", err)
			}
		})
	}
}

func TestAnswerThatCannotBeRead(t *testing.T) {
	c := answering(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"id":`) })
	_, err := c.Register(t.Context(), structs.ContainerInstance{})
	if err == nil || !strings.Contains(err.Error(), "POST /v1/agent/register") {
		t.Errorf("the client gives %v", err)
	}
}

func TestRequest(t *testing.T) {
	c := answering(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		query := r.URL.Query()
		if sent, err := strconv.ParseInt(query.Get("sent"), 10, 64); err != nil || time.Since(time.UnixMilli(sent)) > time.Minute {
			t.Errorf("it says that it was sent at %q", query.Get("sent"))
		}
		query.Del("sent")
		got := r.Method + " " + r.URL.Path + "?" + query.Encode() + " " + r.Header.Get("Content-Type") + " " + string(body)
		if want := `POST /v1/agent/report?instance=a%26b application/json [{"task":"0123","status":"RUNNING"}]`; got != want {
			t.Errorf("the request is\n%s\nnot\n%s", got, want)
		}
	})
	if err := c.Report(t.Context(), "a&b", []structs.TaskUpdate{{Task: "0123", Status: structs.TaskRunning}}); err != nil {
		t.Error(err)
	}
}

// beatAnswer says which beats a server answers when it gets one.
type beatAnswer int

const (
	noBeats beatAnswer = iota
	allBeats
	allButNewest
)

// beating opens a stream and answers each beat as it is told.
func beating(answers <-chan beatAnswer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).EnableFullDuplex()
		io.WriteString(w, `{"index":7,"full":true}`+"\n")
		w.(http.Flusher).Flush()
		var unanswered string
		for one := make([]byte, 1); ; {
			if _, err := io.ReadFull(r.Body, one); err != nil {
				return
			}
			newest := fmt.Sprintf(`{"beat":%d,"age":5000}`, one[0])
			switch <-answers {
			case allBeats:
				unanswered, newest = unanswered+newest, ""
				fallthrough
			case allButNewest:
				io.WriteString(w, unanswered+"\n")
				w.(http.Flusher).Flush()
				unanswered = ""
			}
			unanswered += newest
		}
	}
}

// A beat succeeds once the server has sent it back. A late answer to an earlier one shows that the
// server was alive then, and no more.
func TestBeats(t *testing.T) {
	answers := make(chan beatAnswer)
	c := answering(t, beating(answers))
	if _, err := c.Beat(t.Context(), "0123"); err == nil {
		t.Error("a beat without a stream succeeded")
	}
	stream, err := c.Assignments(t.Context(), "0123", 0)
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for {
			if _, err := stream.Next(); err != nil {
				return
			}
		}
	}()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		answers <- noBeats
		cancel()
	}()
	if _, err := c.Beat(ctx, "0123"); err == nil {
		t.Error("a beat that was not answered succeeded")
	}
	const age = 5 * time.Second // since the leader heard of the agent
	for range 300 {             // numbers wrap around
		go func() { answers <- allBeats }()
		before := time.Now()
		if heard, err := c.Beat(t.Context(), "0123"); err != nil || heard.Add(age).Before(before) || heard.After(before) {
			t.Fatalf("a beat of %s: heard at %s, %v", before, heard, err)
		}
	}
	before := time.Now()
	ctx, cancel = context.WithCancel(t.Context())
	go func() {
		answers <- noBeats // this beat is answered together with the next
		cancel()
	}()
	if _, err := c.Beat(ctx, "0123"); err == nil {
		t.Error("a beat that was not answered succeeded")
	}
	between := time.Now()
	late, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	go func() { answers <- allButNewest }()
	if heard, err := c.Beat(late, "0123"); err != nil || heard.Add(age).Before(before) || heard.Add(age).After(between) {
		t.Errorf("a beat of which the one before was answered: heard at %s, %v", heard, err)
	}
	stream.Close()
	<-read
	if _, err := c.Beat(t.Context(), "0123"); err == nil {
		t.Error("a beat on a stream that was closed succeeded")
	}
}

// A reader that waits for a frame must return when the stream is closed, when its context ends, and
// when the server breaks off.
func TestStreamEnds(t *testing.T) {
	for name, end := range map[string]func(stream *client.AssignmentStream, cancel func(), broken chan struct{}){
		"closed":     func(stream *client.AssignmentStream, _ func(), _ chan struct{}) { stream.Close() },
		"cancelled":  func(_ *client.AssignmentStream, cancel func(), _ chan struct{}) { cancel() },
		"broken off": func(_ *client.AssignmentStream, _ func(), broken chan struct{}) { close(broken) },
	} {
		t.Run(name, func(t *testing.T) {
			broken := make(chan struct{})
			c := answering(t, func(w http.ResponseWriter, r *http.Request) {
				http.NewResponseController(w).EnableFullDuplex()
				io.WriteString(w, `{"index":7,"full":true}`+"\n"+`{"ind`)
				w.(http.Flusher).Flush()
				gone := make(chan struct{})
				go func() {
					defer close(gone)
					io.Copy(io.Discard, r.Body) // it lasts as long as the stream
				}()
				select {
				case <-broken:
					// the server would wait for the reader
					http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0))
					<-gone
					panic(http.ErrAbortHandler)
				case <-gone:
				}
			})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			stream, err := c.Assignments(ctx, "0123", 0)
			if err != nil {
				t.Fatal(err)
			}
			defer stream.Close()
			if frame, err := stream.Next(); err != nil || frame.Index != 7 || !frame.Full {
				t.Fatalf("the first frame is %+v, %v", frame, err)
			}
			ended := make(chan error)
			go func() {
				_, err := stream.Next()
				ended <- err
			}()
			end(stream, cancel, broken)
			if err := <-ended; err == nil {
				t.Error("there was a second frame")
			}
		})
	}
}

// A server that takes calls and never answers must not hold an agent for ever.
func TestServerThatNeverAnswers(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		c := client.New(client.Config{Address: "http://gantry", Dial: func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			go io.Copy(io.Discard, far)
			return near, nil
		}})
		defer c.Close()
		start := time.Now()
		_, err1 := c.Register(context.Background(), structs.ContainerInstance{})
		_, err2 := c.Assignments(context.Background(), "0123", 0)
		if err1 == nil || err2 == nil || time.Since(start) > 2*time.Minute {
			t.Errorf("after %v the client gives %v, %v", time.Since(start), err1, err2)
		}
	})
}
