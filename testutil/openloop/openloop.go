// Package openloop sends HTTP requests at a steady rate, whether or not earlier ones have been
// answered, and measures each from when it was to be sent. So an answer that comes late delays no
// other request, and none is left out of the figures.
package openloop

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Config describes a load.
type Config struct {
	// Rate is how many requests are sent in a second.
	Rate int
	// URLs are asked in turn.
	URLs []string
	// Host, if not empty, is the host that requests name.
	Host string
	// Fresh makes every request use a connection of its own.
	Fresh bool
	// Timeout bounds each request; zero: 10 s.
	Timeout time.Duration
	// Transport, if not nil, sends the requests; Fresh does not count then.
	Transport http.RoundTripper
}

// Load is a load under way.
type Load struct {
	cancel context.CancelFunc
	ended  chan struct{} // closed when every request has ended

	mu        sync.Mutex
	latencies []time.Duration
	failed    []Failure
	answers   map[string]int
}

// Failure is a request that was not answered with a status below 500.
type Failure struct {
	Sent time.Time
	URL  string
	Why  string
}

// Result is what came of a load.
type Result struct {
	Requests int
	Failed   []Failure
	// Answers counts how often each answer came, by the first line of its body.
	Answers  map[string]int
	P50, P99 time.Duration
	Max      time.Duration
}

// Start begins a load. It lasts until Stop.
func Start(c Config) *Load {
	ctx, cancel := context.WithCancel(context.Background())
	l := &Load{cancel: cancel, ended: make(chan struct{}), answers: map[string]int{}}
	transport := c.Transport
	if transport == nil {
		transport = &http.Transport{DisableKeepAlives: c.Fresh, MaxIdleConnsPerHost: 64}
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	client := &http.Client{Transport: transport, Timeout: c.Timeout, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	go func() {
		defer close(l.ended)
		defer client.CloseIdleConnections()
		var requests sync.WaitGroup
		defer requests.Wait()
		began := time.Now()
		for n := 0; ; n++ {
			due := began.Add(time.Duration(n) * time.Second / time.Duration(c.Rate))
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Until(due)):
			}
			url := c.URLs[n%len(c.URLs)]
			requests.Go(func() { l.note(due, url, c.Host, client) })
		}
	}()
	return l
}

// note sends one request and notes what came of it.
func (l *Load) note(due time.Time, url, host string, client *http.Client) {
	answer, err := get(url, host, client)
	took := time.Since(due)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.latencies = append(l.latencies, took)
	if err != nil {
		l.failed = append(l.failed, Failure{Sent: due, URL: url, Why: err.Error()})
		return
	}
	l.answers[answer]++
}

func get(url, host string, client *http.Client) (answer string, err error) {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	req.Host = host
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", fmt.Errorf("status %d, body cut off: %w", resp.StatusCode, err)
	}
	answer, _, _ = strings.Cut(string(body), "\n")
	if resp.StatusCode >= 500 {
		return "", fmt.Errorf("status %d: %s", resp.StatusCode, answer)
	}
	return answer, nil
}

// Stop sends no more requests, waits for those that are under way, and returns what came of all.
func (l *Load) Stop() Result {
	l.cancel()
	<-l.ended
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.Sort(l.latencies)
	r := Result{Requests: len(l.latencies), Failed: l.failed, Answers: l.answers}
	if n := len(l.latencies); n > 0 {
		r.P50, r.P99, r.Max = l.latencies[n/2], l.latencies[n*99/100], l.latencies[n-1]
	}
	return r
}

// String returns the result for people.
func (r Result) String() string {
	text := fmt.Sprintf("%d requests, %d failed, p50 %v, p99 %v, max %v", r.Requests, len(r.Failed),
		r.P50.Round(time.Millisecond), r.P99.Round(time.Millisecond), r.Max.Round(time.Millisecond))
	why := map[string]int{}
	for _, f := range r.Failed {
		why[f.Why]++
	}
	for _, reason := range slices.Sorted(maps.Keys(why)) {
		text += fmt.Sprintf("\n  %d × %s", why[reason], reason)
	}
	return text
}
