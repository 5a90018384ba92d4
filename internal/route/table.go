package route

import "net/http"

// A Table holds routes, and lets each answer its calls. Safe for concurrent use.
type Table struct {
	mux    *http.ServeMux
	routes []*Route
}

// New returns a table of these routes. It panics where two of them conflict, as http.ServeMux does.
func New(routes ...Route) *Table {
	t := &Table{mux: http.NewServeMux()}
	for _, r := range routes {
		t.routes = append(t.routes, &r)
		t.mux.Handle(r.Pattern, &r)
	}
	return t
}

// ServeHTTP lets the route of a call answer it.
func (t *Table) ServeHTTP(w http.ResponseWriter, r *http.Request) { t.mux.ServeHTTP(w, r) }

// Of returns the route that answers a call; the zero Route where none does.
func (t *Table) Of(r *http.Request) Route {
	h, _ := t.mux.Handler(r)
	found, ok := h.(*Route) // others are the mux's own, which redirect or answer that there is none
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

// Routes returns all routes, those of tables within the table in place of their own.
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
