package structs

// VaultKey is a key that the values of secrets and parameters are sealed with. It is itself sealed
// with a key that is not in state: one derived from the cluster's secret or, without one, a key in
// the server's data directory. New values take the key with the highest number; the others belong
// to values that a rotation has not reached yet.
type VaultKey struct {
	Number uint64 `json:"number"`
	ID     string `json:"id"`
	// Sealed is the encrypted key. It may be in the log, but never leaves the servers.
	Sealed    []byte `json:"-" cbor:"sealed"`
	CreatedAt Time   `json:"createdAt"`
}

// VaultKeySealName is the name under which a vault key is sealed.
func VaultKeySealName(id string) string { return "vault key " + id }

// SealedValue is an encrypted value, with the id of the VaultKey that opens it. It has no JSON
// form, so that no door can show it by accident.
type SealedValue struct {
	Key     string `json:"-" cbor:"key"`
	Content []byte `json:"-" cbor:"content"`
}

// PutVaultKey adds a vault key. If there already is one with its number, nothing changes.
type PutVaultKey struct {
	Key VaultKey
}

// CommandType implements Command.
func (PutVaultKey) CommandType() CommandType { return CmdPutVaultKey }

// Reseal replaces sealed values by the same values, sealed with another key, and then removes the
// keys that nothing is sealed with any more, except the newest.
type Reseal struct {
	Values []ResealedValue
	// Retire removes keys. It looks at every value, so only the last command of a rotation has it.
	Retire bool
}

// CommandType implements Command.
func (Reseal) CommandType() CommandType { return CmdReseal }

// ResealedValue is a value of a secret or a parameter that is sealed anew. If the value is no
// longer what Was says, it stays as it is.
type ResealedValue struct {
	// Exactly one of Secret, Parameter, Certificate and File is set: the name, Certificate.ID or
	// ACMEFile.Path.
	Secret, Parameter string
	Certificate       string `cbor:",omitzero"`
	File              string `cbor:",omitzero"`
	Version           string // SecretVersion.ID or ParameterVersion.ID
	Was, Value        SealedValue
}

// VaultKeyRotation is the result of a rotation.
type VaultKeyRotation struct {
	// Key is the number of the new key.
	Key uint64 `json:"key"`
	// Values is how many values were sealed anew.
	Values int `json:"values"`
	// Unreadable are the names of secrets, parameters and certificates with values that no key here
	// opens. They stay as they are.
	Unreadable []string `json:"unreadable,omitzero"`
}
