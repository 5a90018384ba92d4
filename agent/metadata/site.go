package metadata

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// site is where containers ask: at 169.254.170.2, or on loopback where that cannot be had, which
// only those in network mode host reach. The zero value is nowhere.
type site struct {
	ids       ids
	server    *http.Server
	listeners []net.Listener
	place     Place // nil: loopback
	// base begins the URLs of metadata, and endpoint is where APIs are called.
	base, endpoint string
}

func (s site) open() bool { return s.server != nil }

func (s site) close() {
	if s.server != nil {
		_ = s.server.Close()
	}
	for _, l := range s.listeners { // the server may not have them yet
		_ = l.Close()
	}
	if s.place != nil {
		s.place.Close()
	}
}

// siteOf returns where the containers of a task ask.
func (m *Metadata) siteOf(ctx context.Context, as structs.Assignment) site {
	sites := m.open(ctx)
	if !sites[0].open() && as.Definition.NetworkMode == structs.NetworkHost {
		return sites[1]
	}
	return sites[0]
}

// Attributes returns the attributes that the instance has since it answers tasks (ECS's names).
func (m *Metadata) Attributes(ctx context.Context) (list []structs.Attribute) {
	sites := m.open(ctx)
	if sites[0].open() {
		list = append(list, structs.Attribute{Name: structs.AttributeTaskRole})
	}
	if sites[0].open() || sites[1].open() {
		list = append(list, structs.Attribute{Name: structs.AttributeTaskRoleHost})
	}
	return list
}

// open opens the place, or else loopback, and begins to answer there, once. It returns what is
// open.
func (m *Metadata) open(ctx context.Context) [2]site {
	m.opening.Lock()
	defer m.opening.Unlock()
	m.mu.Lock()
	sites, before := m.sites, m.problem
	m.mu.Unlock()
	if sites[0].open() || m.ended {
		return sites
	}
	var err error
	if sites[0], err = m.openPlace(ctx); err != nil && ctx.Err() != nil {
		return sites
	}
	problem := ""
	if err != nil {
		problem = err.Error()
		if !sites[1].open() && m.cfg.SharesLoopback {
			var also error
			if sites[1], also = m.openLoopback(); also != nil {
				problem += "; " + also.Error()
			}
		}
		if problem != before {
			m.log.Warn("tasks get no credentials and no metadata at "+address, "error", problem, "networkModeHost", sites[1].open())
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sites, m.problem = sites, problem
	return sites
}

// openPlace answers at 169.254.170.2: on the port that tasks know, which agents share, and on one
// of its own.
func (m *Metadata) openPlace(ctx context.Context) (site, error) {
	own, err := loadIDs(m.cfg.Instance, m.cfg.DataDir)
	if err != nil {
		return site{}, err
	}
	place, err := m.cfg.Open(ctx)
	if err != nil {
		return site{}, err
	}
	port := portOf(own.agent)
	s := site{ids: own, place: place, base: "http://" + address, endpoint: "http://" + net.JoinHostPort(address, strconv.Itoa(int(port)))}
	for _, port := range []uint16{http80, port} {
		l, err := place.Listen(port)
		if err != nil {
			s.close()
			return site{}, fmt.Errorf("listen at %s: %w", address, err)
		}
		s.listeners = append(s.listeners, l)
	}
	s.server = m.serve(m.handler(place, own), s.listeners...)
	return s, nil
}

// openLoopback answers on a port of loopback, which is always the same one for an instance.
func (m *Metadata) openLoopback() (site, error) {
	own, err := loadIDs(m.cfg.Instance, m.cfg.DataDir)
	if err != nil {
		return site{}, err
	}
	at := net.JoinHostPort("127.0.0.1", strconv.Itoa(int(portOf(own.agent))))
	l, err := net.Listen("tcp", at)
	if err != nil {
		return site{}, err
	}
	s := site{ids: own, listeners: []net.Listener{l}, base: "http://" + at, endpoint: "http://" + at}
	s.server = m.serve(withToken(own, m.handler(nil, own)), l)
	return s, nil
}

// withToken lets only those have keys who show the token, which SDKs send where the URL of keys is
// a whole one.
func withToken(own ids, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, ours := split(r.URL.Path)
		if who, _, ok := own.read(name.id); ours && name.api == apiKeys && (!ok || !own.isToken(who.task, r.Header.Get("Authorization"))) {
			fail(w, http.StatusBadRequest, "InvalidToken", "the header Authorization is not what AWS_CONTAINER_AUTHORIZATION_TOKEN says")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (m *Metadata) serve(h http.Handler, listeners ...net.Listener) *http.Server {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(m.log.Handler(), slog.LevelDebug),
	}
	for _, l := range listeners {
		go func() { _ = server.Serve(l) }() // until it is closed
	}
	return server
}
