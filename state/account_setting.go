package state

import (
	"cmp"

	"github.com/gantry-project/gantry/structs"
)

var accountSettings = Declare(Declaration[structs.AccountSetting]{
	Table: 40, Name: "account settings",
	Less: func(a, b *structs.AccountSetting) bool {
		return cmp.Or(cmp.Compare(a.Principal, b.Principal), cmp.Compare(a.Name, b.Name)) < 0
	},
})

// AccountSetting returns the setting of one principal, or nil if it has none.
func (s *Snapshot) AccountSetting(principal, name string) *structs.AccountSetting {
	return accountSettings.get(s, &structs.AccountSetting{Principal: principal, Name: name})
}

// EffectiveSetting returns the setting that applies to a principal: its own, otherwise root's,
// otherwise the default, which counts as root's.
func (s *Snapshot) EffectiveSetting(principal, name string) *structs.AccountSetting {
	for _, of := range []string{principal, structs.PrincipalRoot} {
		if row := s.AccountSetting(of, name); row != nil {
			return row
		}
	}
	return &structs.AccountSetting{
		Principal: structs.PrincipalRoot, Name: name, Value: structs.DefaultSetting(name),
	}
}

// PutAccountSetting sets an account setting of a principal.
func (tx *Tx) PutAccountSetting(row *structs.AccountSetting) { accountSettings.put(tx, row) }

// RemoveAccountSetting removes an account setting of a principal.
func (tx *Tx) RemoveAccountSetting(row *structs.AccountSetting) { accountSettings.remove(tx, row) }
