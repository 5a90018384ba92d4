package state

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

var logGroups = Declare(Declaration[structs.LogGroup]{
	Table: 55, Name: "log groups",
	Less: func(a, b *structs.LogGroup) bool { return a.Name < b.Name },
})

// LogGroup returns a log group by name, or nil if there is none.
func (s *Snapshot) LogGroup(name string) *structs.LogGroup {
	return logGroups.get(s, &structs.LogGroup{Name: name})
}

// LogGroups returns all log groups by name.
func (s *Snapshot) LogGroups() iter.Seq[*structs.LogGroup] { return logGroups.all(s) }

// PutLogGroup adds a log group, or replaces the one of the same name.
func (tx *Tx) PutLogGroup(g *structs.LogGroup) { logGroups.put(tx, g) }

// RemoveLogGroup removes a log group.
func (tx *Tx) RemoveLogGroup(g *structs.LogGroup) { logGroups.remove(tx, g) }
