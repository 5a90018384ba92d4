package structs

// AccessKey lets its holder call a secured cluster within the limits of its policy. The holder
// signs requests with the secret, or sends it.
type AccessKey struct {
	ID string `json:"accessKeyId"` // AKIA and 16 characters of A-Z2-7
	// Name is for people: it appears in refusals and in the audit log.
	Name   string `json:"name,omitzero"`
	Policy Policy `json:"policy"`
	// Sealed is the encrypted secret. It may be in the log, but never leaves the servers.
	Sealed    []byte `json:"-" cbor:"sealed"`
	CreatedAt Time   `json:"createdAt"`
	CreatedBy string `json:"createdBy,omitzero"` // the ARN of its creator
}

// AccessKeySealName is the name under which the secret of a key is sealed.
func AccessKeySealName(id string) string { return "key " + id }

// Bootstrap records that the installation's first key was created, which happens only once.
type Bootstrap struct {
	Key string `json:"key"`
	At  Time   `json:"at"`
}

// NewAccessKey is a new access key with its secret, which is shown only once.
type NewAccessKey struct {
	AccessKey
	Secret string `json:"secretAccessKey"`
}

// AccessKeyList is the native API's list of access keys.
type AccessKeyList struct {
	Keys []*AccessKey `json:"keys"`
}

// AccessKeyRequest asks for a new access key.
type AccessKeyRequest struct {
	Name string `json:"name,omitzero"`
	// Policy is admin, read-only, or the JSON of a policy.
	Policy string `json:"policy"`
}

// PutAccessKey adds an access key.
type PutAccessKey struct {
	Key AccessKey
	// First makes it the installation's first key, which fails if there has been one already.
	First bool
}

// CommandType implements Command.
func (PutAccessKey) CommandType() CommandType { return CmdPutAccessKey }

// DeleteAccessKey revokes an access key.
type DeleteAccessKey struct {
	ID string
}

// CommandType implements Command.
func (DeleteAccessKey) CommandType() CommandType { return CmdDeleteAccessKey }
