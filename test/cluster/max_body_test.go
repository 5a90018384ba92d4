package cluster

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// Any server accepts what the leader accepts: the largest body too, and not a byte more.
func TestLargestBodyThroughAFollower(t *testing.T) {
	inServers(t, func(t *testing.T, s *servers) {
		caller := &http.Client{Transport: &http.Transport{DialContext: s.Network.Dialer("10.0.9.9", 5*time.Second)}}
		defer caller.CloseIdleConnections()
		body := strings.Repeat(" ", structs.MaxBody-2) + "{}"
		for _, n := range []int{s.follower(), s.Leader()} {
			for _, test := range []struct {
				body   string
				status int
			}{{body, http.StatusNotFound}, {" " + body, http.StatusRequestEntityTooLarge}} { // there is no cluster to simulate
				answer, err := caller.Post("http://"+s.HTTP(n)+"/v1/simulate", "application/json", strings.NewReader(test.body))
				if err != nil {
					t.Fatal(err)
				}
				answer.Body.Close()
				if answer.StatusCode != test.status {
					t.Errorf("%d bytes at server %d (the leader is %d): status %d, want %d", len(test.body), n, s.Leader(), answer.StatusCode, test.status)
				}
			}
		}
	})
}
