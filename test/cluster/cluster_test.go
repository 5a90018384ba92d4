package cluster

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/testutil"
)

// cluster is several servers with all their doors, and agents in three zones.
type cluster struct {
	*servers
	agents map[string]string // zones, by host

	moving sync.Mutex
	// the numbers of the servers that should exist, whether they run or not; sorted
	here []int
	last int // the highest there ever was
}

// newCluster returns a cluster in which nothing runs yet.
func newCluster(t *testing.T, size, agents int) *cluster {
	t.Helper()
	w := &cluster{servers: &servers{testutil.NewServers(t, size), t}, agents: map[string]string{}}
	for n := range size {
		w.add(n + 1)
	}
	for n := range agents {
		w.agents[fmt.Sprintf("10.0.1.%d", n+1)] = w.Zone(n + 1)
	}
	return w
}

// numbers returns the numbers of the servers that should exist.
func (w *cluster) numbers() []int {
	w.moving.Lock()
	defer w.moving.Unlock()
	return slices.Clone(w.here)
}

// add and drop change which servers should exist.
func (w *cluster) add(n int) {
	w.moving.Lock()
	defer w.moving.Unlock()
	w.here, w.last = append(w.here, n), max(w.last, n)
}

func (w *cluster) drop(n int) {
	w.moving.Lock()
	defer w.moving.Unlock()
	w.here = slices.DeleteFunc(w.here, func(h int) bool { return h == n })
}

// start starts everything and waits until every agent is connected.
func (w *cluster) start() {
	w.t.Helper()
	w.Start(w.numbers()...)
	for host, zone := range w.agents {
		w.StartAgent(host, zone)
	}
	w.Eventually("all agents are connected", w.whole)
}

// whole reports whether there is a leader, every running server votes, there are no other peers,
// and every agent is connected.
func (w *cluster) whole() bool {
	leader := w.Leader()
	if leader == 0 {
		return false
	}
	peers := w.Server(leader).RaftPeers(w.t.Context()).Peers
	if len(peers) != len(w.Running()) {
		return false
	}
	for _, p := range peers {
		if !p.Voter {
			return false
		}
	}
	connected := 0
	for i := range testutil.StateOf(w.t, w.Control(leader)).AllInstances() {
		if i.AgentConnected {
			connected++
		}
	}
	return connected == len(w.agents)
}

// read returns the leader's state.
func (w *cluster) read() (*state.Snapshot, error) {
	leader := w.Leader()
	if leader == 0 {
		return nil, fmt.Errorf("no server leads")
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), 5*time.Second) // its disk may hang
	defer cancel()
	return w.Control(leader).Read(ctx)
}

// newDoors returns the clients of one person, who calls the servers in turn.
func (w *cluster) newDoors() *doors {
	var calls atomic.Int64
	dial := w.Network.Dialer(testutil.UserHost, 5*time.Second)
	anyServer := func(ctx context.Context, network, _ string) (net.Conn, error) {
		numbers := w.numbers()
		return dial(ctx, network, w.HTTP(numbers[int(calls.Add(1))%len(numbers)]))
	}
	transport := &http.Transport{DialContext: anyServer, DisableKeepAlives: true}
	d := &doors{
		t: w.t,
		ecs: sdk.New(sdk.Options{
			BaseEndpoint: aws.String("http://gantry"), Region: "us-east-1", HTTPClient: patientBody{&http.Client{Transport: transport}},
			Credentials: credentials.NewStaticCredentialsProvider("dev", "dev", ""), RetryMaxAttempts: 1,
		}),
		native: client.New(client.Config{Address: "http://gantry", Dial: anyServer}),
	}
	w.t.Cleanup(d.native.Close)
	return d
}
