package fsm

import (
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func putAccountSetting(tx *state.Tx, _ uint64, cmd structs.PutAccountSetting) (string, error) {
	tx.PutAccountSetting(&cmd.Setting)
	return "", nil
}

// deleteAccountSetting does not fail if nothing was set.
func deleteAccountSetting(tx *state.Tx, _ uint64, cmd structs.DeleteAccountSetting) (string, error) {
	tx.RemoveAccountSetting(&structs.AccountSetting{Principal: cmd.Principal, Name: cmd.Name})
	return "", nil
}
