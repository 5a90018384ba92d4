package structs

import (
	"regexp"
	"slices"
)

// StoredSecret is a secret of the Secrets Manager API, with its versions.
type StoredSecret struct {
	Name string `json:"name"`
	// Suffix is the six random characters at the end of its ARN.
	Suffix      string `json:"suffix"`
	Description string `json:"description,omitzero"`
	// KMSKey is the id of a KMS key that a caller gave. It is only shown: values are sealed with
	// Gantry's own keys.
	KMSKey    string `json:"kmsKey,omitzero"`
	CreatedAt Time   `json:"createdAt"`
	ChangedAt Time   `json:"changedAt"`
	// DeletedAt is when the secret was marked for deletion, and RemoveAt when it is removed; zero:
	// it is not marked.
	DeletedAt Time `json:"deletedAt,omitzero"`
	RemoveAt  Time `json:"removeAt,omitzero"`
	// Versions are in the order of their creation.
	Versions []SecretVersion `json:"versions"`
}

// SecretVersion is one value of a secret. Only its stages change.
type SecretVersion struct {
	ID        string      `json:"id"` // the client request token that made it
	Stages    []string    `json:"stages,omitzero"`
	Binary    bool        `json:"binary,omitzero"` // the value is not a text
	CreatedAt Time        `json:"createdAt"`
	Value     SealedValue `json:"-" cbor:"value"`
}

// The stages that Secrets Manager moves by itself, and the one that rotations use.
const (
	StageCurrent  = "AWSCURRENT"
	StagePrevious = "AWSPREVIOUS"
	StagePending  = "AWSPENDING"
)

// The limits of Secrets Manager.
const (
	MaxSecretVersions = 100
	MaxSecretStages   = 20       // of one version
	MaxSecretValue    = 64 << 10 // bytes
)

var secretName = regexp.MustCompile(`^[A-Za-z0-9/_+=.@!-]{1,512}$`)

// ValidSecretName reports whether a secret can have a name.
func ValidSecretName(name string) bool { return secretName.MatchString(name) }

// SecretSealName is the name under which a value of a secret is sealed.
func SecretSealName(secret, version string) string { return "secret " + secret + " " + version }

// SecretResource is the resource part of a secret's ARN.
func (s *StoredSecret) Resource() string { return "secret:" + s.Name + "-" + s.Suffix }

// Version returns the version with an id, or nil if there is none.
func (s *StoredSecret) Version(id string) *SecretVersion {
	n := slices.IndexFunc(s.Versions, func(v SecretVersion) bool { return v.ID == id })
	if n < 0 {
		return nil
	}
	return &s.Versions[n]
}

// Staged returns the version that has a stage, or nil if none has.
func (s *StoredSecret) Staged(stage string) *SecretVersion {
	n := slices.IndexFunc(s.Versions, func(v SecretVersion) bool { return slices.Contains(v.Stages, stage) })
	if n < 0 {
		return nil
	}
	return &s.Versions[n]
}

// WithStage returns the secret with a stage at a version and nowhere else; "" means at none. The
// version that loses AWSCURRENT becomes AWSPREVIOUS (Secrets Manager). The receiver is unchanged.
func (s *StoredSecret) WithStage(stage, version string) *StoredSecret {
	made := *s
	made.Versions = slices.Clone(s.Versions)
	was := s.Staged(stage)
	for n := range made.Versions {
		v := &made.Versions[n]
		has := slices.Contains(v.Stages, stage)
		switch {
		case v.ID == version && !has:
			v.Stages = append(slices.Clone(v.Stages), stage)
			slices.Sort(v.Stages)
		case v.ID != version && has:
			v.Stages = slices.DeleteFunc(slices.Clone(v.Stages), func(s string) bool { return s == stage })
		}
	}
	if stage == StageCurrent && was != nil && was.ID != version && version != "" {
		return made.WithStage(StagePrevious, was.ID)
	}
	return &made
}

// CreateSecret adds a secret. It fails with KindConflict if there is one of its name.
type CreateSecret struct {
	Secret StoredSecret
	Tags   []Tag
}

// CommandType implements Command.
func (CreateSecret) CommandType() CommandType { return CmdCreateSecret }

// ChangeSecret changes a secret and adds a version of it. What is nil stays as it is. If the secret
// has a version of that id, that version stays as it is too.
type ChangeSecret struct {
	Name                string
	Description, KMSKey *string
	// Version has no stages; Stages are those that it gets.
	Version *SecretVersion
	Stages  []string
	At      Time
}

// CommandType implements Command.
func (ChangeSecret) CommandType() CommandType { return CmdChangeSecret }

// MarkSecret marks a secret for deletion or, with a zero RemoveAt, takes the mark away.
type MarkSecret struct {
	Name         string
	At, RemoveAt Time
}

// CommandType implements Command.
func (MarkSecret) CommandType() CommandType { return CmdMarkSecret }

// RemoveSecrets removes secrets with all their versions. Names that no secret has are left out.
type RemoveSecrets struct {
	Names []string
	// Before, if not zero, keeps the secrets that are not marked for removal before it.
	Before Time
}

// CommandType implements Command.
func (RemoveSecrets) CommandType() CommandType { return CmdRemoveSecrets }

// StageSecret moves a stage from one version to another. Either may be empty.
type StageSecret struct {
	Name, Stage, From, To string
	At                    Time
}

// CommandType implements Command.
func (StageSecret) CommandType() CommandType { return CmdStageSecret }
