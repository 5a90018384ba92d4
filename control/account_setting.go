package control

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// PutAccountSetting sets an account setting of a principal.
func (c *Control) PutAccountSetting(ctx context.Context, setting structs.AccountSetting) error {
	if err := setting.Validate(); err != nil {
		return err
	}
	_, err := c.config.Log.Apply(ctx, structs.PutAccountSetting{Setting: setting})
	return err
}

// DeleteAccountSetting removes a principal's setting, so that root's setting or the default applies
// again. It returns the removed setting; its value is empty if there was none.
func (c *Control) DeleteAccountSetting(ctx context.Context, principal, name string) (structs.AccountSetting, error) {
	deleted := structs.AccountSetting{Principal: principal, Name: name}
	if err := structs.CheckSettingName(name); err != nil {
		return deleted, err
	}
	snap, err := c.Read(ctx)
	if err != nil {
		return deleted, err
	}
	old := snap.AccountSetting(principal, name)
	if old == nil {
		return deleted, nil
	}
	_, err = c.config.Log.Apply(ctx, structs.DeleteAccountSetting{Principal: principal, Name: name})
	return *old, err
}
