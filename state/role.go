package state

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

var roles = Declare(Declaration[structs.Role]{
	Table: 53, Name: "roles",
	Less: func(a, b *structs.Role) bool { return a.Name < b.Name },
})

// Role returns the role of a name, or nil if there is none.
func (s *Snapshot) Role(name string) *structs.Role { return roles.get(s, &structs.Role{Name: name}) }

// Roles returns all roles by name.
func (s *Snapshot) Roles() iter.Seq[*structs.Role] { return roles.all(s) }

// PutRole adds a role, or replaces the one of the same name.
func (tx *Tx) PutRole(r *structs.Role) { roles.put(tx, r) }

// RemoveRole removes a role.
func (tx *Tx) RemoveRole(r *structs.Role) { roles.remove(tx, r) }
