package link_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/link"
	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// An agent goes to a server of its zone, to another when that one dies, and home again once it has
// been back for a while. The agents of a zone spread over its servers.
func TestAgentsGoHome(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		network := testutil.NewNetwork()
		held := map[string]*atomic.Int32{} // streams by server
		var members []structs.Member
		stops := map[int]func(){}
		for n, zone := range []string{1: "a", 2: "a", 3: "b"} {
			if n > 0 {
				members = append(members, structs.Member{ID: fmt.Sprint("server ", n), Zone: zone, HTTP: fmt.Sprintf("10.0.0.%d:5747", n)})
				held[members[n-1].HTTP] = new(atomic.Int32)
				stops[n] = serveStreams(network, n, held[members[n-1].HTTP])
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		var followers sync.WaitGroup
		for n := range 40 {
			s := link.NewServers(link.ServersConfig{
				Key: fmt.Sprint("agent ", n), Zone: "a", Candidates: func() []structs.Member { return members },
				Connect: func(address string) *client.Client {
					return client.New(client.Config{Address: "http://" + address, Dial: network.Dialer(fmt.Sprintf("10.0.1.%d", n), time.Second)})
				},
			})
			defer s.Close()
			followers.Go(func() { followStreams(ctx, s) })
		}
		expect := func(when string, least, most [3]int) {
			t.Helper()
			for n := range 3 {
				if got := int(held[members[n].HTTP].Load()); got < least[n] || got > most[n] {
					t.Errorf("%s: server %d holds %d streams, not %d to %d", when, n+1, got, least[n], most[n])
				}
			}
		}
		time.Sleep(10 * time.Second)
		expect("at first", [3]int{10, 10, 0}, [3]int{30, 30, 0})
		stops[1]()
		time.Sleep(time.Second)
		expect("when one has died", [3]int{0, 40, 0}, [3]int{0, 40, 0})
		stops[1] = serveStreams(network, 1, held[members[0].HTTP])
		time.Sleep(30 * time.Second)
		expect("when it has just come back", [3]int{0, 40, 0}, [3]int{0, 40, 0})
		time.Sleep(2 * time.Minute)
		expect("when it has been back for a while", [3]int{10, 10, 0}, [3]int{30, 30, 0})
		cancel()
		followers.Wait()
		for _, stop := range stops {
			stop()
		}
	})
}

// serveStreams runs the nth server, which counts the streams that it holds, and returns what stops
// it.
func serveStreams(network *testutil.Network, n int, held *atomic.Int32) (stop func()) {
	host := fmt.Sprintf("10.0.0.%d", n)
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		held.Add(1)
		defer held.Add(-1)
		_ = http.NewResponseController(w).EnableFullDuplex()
		fmt.Fprintln(w, "{}")
		_ = http.NewResponseController(w).Flush()
		_, _ = io.Copy(io.Discard, r.Body) // until the end of the stream
	})}
	network.Boot(host)
	go server.Serve(network.Listen(host + ":5747"))
	return func() {
		server.Close()
		network.Crash(host)
	}
}

// followStreams holds a stream as the agent does, until ctx ends.
func followStreams(ctx context.Context, s *link.Servers) {
	for ctx.Err() == nil {
		stream, err := s.Stream(ctx, "instance", 1)
		for err == nil {
			_, err = stream.Next()
		}
		if stream != nil {
			stream.Close()
		}
		time.Sleep(100 * time.Millisecond)
	}
}
