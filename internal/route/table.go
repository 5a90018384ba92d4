package route

import "net/http"

// A Table holds routes and serves them. Safe for concurrent use.
type Table struct {
	mux    *http.ServeMux
	routes []*Route
}

// New returns a table of routes. It panics if two of them conflict, as http.ServeMux does.
func New(routes ...Route) *Table {
	t := &Table{mux: http.NewServeMux()}
	for _, r := range routes {
		t.routes = append(t.routes, &r)
		t.mux.Handle(r.Pattern, &r)
	}
	return t
}

// ServeHTTP answers a call with its route.
func (t *Table) ServeHTTP(w http.ResponseWriter, r *http.Request) { t.mux.ServeHTTP(w, r) }

// Of returns the route that answers a call; the zero Route if there is none.
func (t *Table) Of(r *http.Request) Route {
	h, _ := t.mux.Handler(r)
	found, ok := h.(*Route) // other handlers are the mux's own: redirects and errors
	if !ok {
		return Route{}
	}
	if inner, ok := found.Handler.(*Table); ok {
		if of := inner.Of(r); of.Pattern != "" {
			return of
		}
	}
	return *found
}

// Routes returns all routes. A route whose handler is a table is replaced by that table's routes.
func (t *Table) Routes() []Route {
	var all []Route
	for _, r := range t.routes {
		if inner, ok := r.Handler.(*Table); ok {
			all = append(all, inner.Routes()...)
			continue
		}
		all = append(all, *r)
	}
	return all
}
