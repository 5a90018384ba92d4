package balancer

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/gantry-project/gantry/balancer/match"
	"github.com/gantry-project/gantry/balancer/proxy"
)

// The cookies of elbv2. Those that end in CORS have the same value, and are also sent with requests
// that come from pages of other sites.
const (
	cookieTarget = "AWSALB"
	cookieApp    = "AWSALBAPP-0"
	cookieGroup  = "AWSALBTG"
	corsSuffix   = "CORS"
)

// cookies returns the values of a request's cookie of a name.
func cookies(h match.Request, name string) (values []string) {
	for _, line := range h.Header("Cookie") {
		for part := range strings.SplitSeq(line, ";") {
			if key, value, ok := strings.Cut(strings.TrimSpace(part), "="); ok && key == name {
				values = append(values, value)
			}
		}
	}
	return values
}

// groupCookie is what stickiness cookies call a group.
func groupCookie(id string) string {
	hash := sha256.Sum256([]byte("group " + id))
	return hex.EncodeToString(hash[:12])
}

// groupFor chooses the group of a forward action by weight. A client whose cookie names one that
// still has weight stays with it. A group without any target that may get requests is passed over
// if there is another. It also returns whether the client is to get the cookie.
func (b *Balancer) groupFor(f *forward, h match.Request) (g *group, sticky bool) {
	if len(f.Groups) == 1 {
		return b.group(f.Groups[0].TargetGroup), false
	}
	sticky = f.Stickiness > 0
	if sticky {
		for _, value := range append(cookies(h, cookieGroup), cookies(h, cookieGroup+corsSuffix)...) {
			for _, w := range f.Groups {
				if g := b.group(w.TargetGroup); w.Weight > 0 && groupCookie(w.TargetGroup) == value && g.ready() {
					return g, true
				}
			}
		}
	}
	return b.weighed(f), sticky
}

// weighed chooses a group by weight alone. It returns nil if none has any.
func (b *Balancer) weighed(f *forward) *group {
	if f.total <= 0 {
		return nil
	}
	point := rand.Float64() * f.total
	var chosen, spare *group
	for _, w := range f.Groups {
		if w.Weight <= 0 {
			continue
		}
		g := b.group(w.TargetGroup)
		if point -= w.Weight; point < 0 && chosen == nil {
			chosen = g
			if g.ready() {
				return g
			}
		}
		if g.ready() {
			spare = g
		}
	}
	if spare != nil {
		return spare
	}
	return chosen
}

// ready reports whether the group has targets that may get requests.
func (g *group) ready() bool {
	if g == nil {
		return false
	}
	c := g.choice.Load()
	return c != nil && len(c.targets) > 0
}

// stuck returns the target that the client's cookie names, and counts the request as open on it. It
// returns nil if there is none, or if it was tried, or gets nothing new.
func (q *request) stuck() *target {
	c := q.group.choice.Load()
	if c == nil || c.byCookie == nil || len(q.tried) > 0 {
		return nil
	}
	names := []string{cookieTarget, cookieTarget + corsSuffix}
	if s := q.group.settings.Load(); s.sticky == stickyApp {
		// The application ends stickiness by taking its own cookie back.
		if len(cookies(q.head, s.appCookie)) == 0 {
			return nil
		}
		names = []string{cookieApp}
	}
	for _, name := range names {
		for _, value := range cookies(q.head, name) {
			if t := c.byCookie[value]; t != nil && !t.avoided(time.Now().UnixNano()) && t.begin() {
				return t
			}
		}
	}
	return nil
}

// Cookies returns the cookies of stickiness, which each answer renews, as in elbv2.
func (q *request) Cookies(p *proxy.Target) (list []string) {
	now := q.balancer.cfg.Now()
	if q.newGroup {
		value, until := groupCookie(q.group.id), now.Add(time.Duration(q.do.forward.Stickiness)*time.Second)
		list = append(list, cookie(cookieGroup, value, until), crossSite(cookieGroup, value, until))
	}
	s, t := q.group.settings.Load(), q.of(p)
	if t == nil {
		return list
	}
	until := now.Add(s.stickyFor)
	switch s.sticky {
	case stickyBalancer:
		list = append(list, cookie(cookieTarget, t.cookie, until), crossSite(cookieTarget, t.cookie, until))
	case stickyApp:
		list = append(list, cookie(cookieApp, t.cookie, until))
	}
	return list
}

func cookie(name, value string, until time.Time) string {
	return name + "=" + value + "; Expires=" + until.UTC().Format(http.TimeFormat) + "; Path=/"
}

func crossSite(name, value string, until time.Time) string {
	return cookie(name+corsSuffix, value, until) + "; SameSite=None; Secure"
}
