package task

import (
	"slices"
	"testing"
)

// The order says what real tasks will need: steps for a task as a whole (here a network), which the
// containers wait for, and containers that wait for what is seen of others (here a health check).
func TestOrder(t *testing.T) {
	const (
		createNetwork = prepareResource
		removeNetwork = releaseResource
		networkThere  = resourcePrepared
		networkGone   = resourceReleased
	)
	var (
		network = condition{networkThere, "net"}
		images  = []condition{{imagePresent, "db"}, {imagePresent, "web"}}
		created = condition{containerCreated, "db"}
		started = condition{containerStarted, "db"}
		healthy = condition{containerHealthy, "db"}
	)
	up := order{
		{step{createNetwork, "net"}, network, nil},
		{step{pullImage, "db"}, images[0], nil},
		{step{pullImage, "web"}, images[1], nil},
		{step{createContainer, "db"}, created, []condition{network, images[0]}},
		{step{startContainer, "db"}, started, []condition{created}},
		{step{createContainer, "web"}, condition{containerCreated, "web"}, []condition{network, images[1]}},
		{step{startContainer, "web"}, condition{containerStarted, "web"}, []condition{{containerCreated, "web"}, healthy}},
	}
	down := order{
		{step{endContainer, "db"}, condition{containerDown, "db"}, []condition{{containerDown, "web"}}},
		{step{endContainer, "web"}, condition{containerDown, "web"}, nil},
		{step{removeNetwork, "net"}, condition{networkGone, "net"}, []condition{{containerDown, "db"}, {containerDown, "web"}}},
	}
	for _, c := range []struct {
		name string
		of   order
		seen []condition // that hold
		want []step
		done bool
	}{
		{"at first", up, nil, []step{{createNetwork, "net"}, {pullImage, "db"}, {pullImage, "web"}}, false},
		{"an image is late", up, []condition{network, images[1]}, []step{{pullImage, "db"}, {createContainer, "web"}}, false},
		{"the network is late", up, images, []step{{createNetwork, "net"}}, false},
		{"one is ahead", up, []condition{network, images[0], images[1], created, {containerCreated, "web"}},
			[]step{{startContainer, "db"}}, false},
		{"one waits for the other's health", up,
			[]condition{network, images[0], images[1], created, started, {containerCreated, "web"}}, nil, false},
		{"the other is healthy", up,
			[]condition{network, images[0], images[1], created, started, healthy, {containerCreated, "web"}},
			[]step{{startContainer, "web"}}, false},
		{"the network went away", up, // as an adopting agent may find it
			[]condition{images[0], images[1], created, started, healthy, {containerCreated, "web"}, {containerStarted, "web"}},
			[]step{{createNetwork, "net"}}, false},
		{"all is up", up,
			[]condition{network, images[0], images[1], created, started, {containerCreated, "web"}, {containerStarted, "web"}},
			nil, true},
		{"on the way down", down, nil, []step{{endContainer, "web"}}, false},
		{"one is down", down, []condition{{containerDown, "web"}}, []step{{endContainer, "db"}}, false},
		{"both are down", down, []condition{{containerDown, "db"}, {containerDown, "web"}}, []step{{removeNetwork, "net"}}, false},
		{"all is gone", down, []condition{{containerDown, "db"}, {containerDown, "web"}, {networkGone, "net"}}, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			now, done := c.of.next(func(asked condition) bool { return slices.Contains(c.seen, asked) })
			if !slices.Equal(now, c.want) || done != c.done {
				t.Errorf("next are %v, done %v; want %v, %v", now, done, c.want, c.done)
			}
		})
	}
}
