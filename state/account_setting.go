package state

import (
	"cmp"
	"iter"

	"github.com/gantry-project/gantry/structs"
)

func lessAccountSetting(a, b *structs.AccountSetting) bool {
	return cmp.Or(cmp.Compare(a.Principal, b.Principal), cmp.Compare(a.Name, b.Name)) < 0
}

// AccountSetting gives what was set for one principal, nil where nothing was.
func (s *Snapshot) AccountSetting(principal, name string) *structs.AccountSetting {
	row, _ := s.settings.get(&structs.AccountSetting{Principal: principal, Name: name})
	return row
}

// EffectiveSetting gives the setting that holds for a principal: its own, else that of root, else
// the default, which is root's too.
func (s *Snapshot) EffectiveSetting(principal, name string) *structs.AccountSetting {
	for _, of := range []string{principal, structs.PrincipalRoot} {
		if row := s.AccountSetting(of, name); row != nil {
			return row
		}
	}
	return &structs.AccountSetting{Principal: structs.PrincipalRoot, Name: name, Value: structs.DefaultSetting(name)}
}

// AccountSettings gives everything that was set, by principal and name.
func (s *Snapshot) AccountSettings() iter.Seq[*structs.AccountSetting] { return s.settings.all() }

// PutAccountSetting sets an account setting of a principal.
func (tx *Tx) PutAccountSetting(row *structs.AccountSetting) { tx.settings.put(row) }

// RemoveAccountSetting forgets what was set for a principal.
func (tx *Tx) RemoveAccountSetting(row *structs.AccountSetting) { tx.settings.remove(row) }
