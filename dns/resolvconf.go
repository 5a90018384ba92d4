package dns

import (
	"net"
	"os"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// resolvers are those of a resolv.conf, which is read again when it has changed.
type resolvers struct {
	path string
	own  func(address string) bool // whether it is our own: asking it would never end

	mu      sync.Mutex
	looked  time.Time
	changed time.Time // of the file
	list    []string  // host:port
}

// look is how often the file is looked at.
const look = time.Second

// get returns the resolvers in the order in which they are asked.
func (r *resolvers) get() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := time.Now(); now.Sub(r.looked) < look {
		return r.list
	} else {
		r.looked = now
	}
	is, err := os.Stat(r.path)
	if err != nil || is.ModTime().Equal(r.changed) {
		return r.list // a file that is being replaced is there in a moment
	}
	c, err := dns.ClientConfigFromFile(r.path)
	if err != nil {
		return r.list
	}
	r.changed, r.list = is.ModTime(), nil
	for _, s := range c.Servers {
		if at := net.JoinHostPort(s, c.Port); !r.own(at) {
			r.list = append(r.list, at)
		}
	}
	return r.list
}

// SearchDomains returns the domains in which the machine searches; none if the file cannot be read.
func SearchDomains(path string) []string {
	c, err := dns.ClientConfigFromFile(path)
	if err != nil {
		return nil
	}
	return c.Search
}
