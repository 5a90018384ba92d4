package state

import (
	"iter"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

var parameters = Declare(Declaration[structs.Parameter]{
	Table: 52, Name: "parameters",
	Less: func(a, b *structs.Parameter) bool { return a.Name < b.Name },
})

// Parameter returns the parameter with a name, or nil if there is none.
func (s *Snapshot) Parameter(name string) *structs.Parameter {
	return parameters.get(s, &structs.Parameter{Name: name})
}

// Parameters returns the parameters whose names begin with a prefix, by name.
func (s *Snapshot) Parameters(prefix string) iter.Seq[*structs.Parameter] {
	return while(parameters.allFrom(s, &structs.Parameter{Name: prefix}), func(p *structs.Parameter) bool {
		return strings.HasPrefix(p.Name, prefix)
	})
}

// PutParameter adds a parameter, or replaces the one of the same name.
func (tx *Tx) PutParameter(p *structs.Parameter) { parameters.put(tx, p) }

// RemoveParameter removes a parameter.
func (tx *Tx) RemoveParameter(p *structs.Parameter) { parameters.remove(tx, p) }
