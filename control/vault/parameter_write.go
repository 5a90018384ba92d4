package vault

import (
	"context"
	"regexp"
	"strconv"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// ParameterInput is a value of a parameter to put. Empty members keep what an earlier version has.
type ParameterInput struct {
	Name, Value                                    string
	Type, KeyID, Description, AllowedPattern, Tier string
	Overwrite                                      bool
	Tags                                           []structs.Tag
}

// PutParameter adds a version of a parameter, and returns it.
func (v *Vault) PutParameter(ctx context.Context, in ParameterInput) (*structs.ParameterVersion, error) {
	if err := structs.CheckParameterName(in.Name); err != nil {
		return nil, err
	}
	if in.Overwrite && len(in.Tags) > 0 {
		return nil, structs.Errorf(structs.KindInvalidParameter,
			"Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. "+
				"To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.")
	}
	snap, err := v.Read(ctx)
	if err != nil {
		return nil, err
	}
	version := structs.ParameterVersion{
		ID: v.newID(), Type: in.Type, KeyID: in.KeyID, Description: in.Description, AllowedPattern: in.AllowedPattern, Tier: in.Tier,
		ModifiedAt: v.control.Now(),
	}
	if by := control.CallerOf(ctx); by != nil {
		version.ModifiedBy = by.ARN
	}
	if old := snap.Parameter(in.Name); old != nil && in.Overwrite {
		keep(&version, old.Latest())
	}
	if err := checkParameter(&version, in.Value); err != nil {
		return nil, err
	}
	applied, err := v.apply(ctx, func(key *sealingKey) structs.Command {
		version.Value = key.seal(structs.ParameterSealName(in.Name, version.ID), []byte(in.Value))
		return structs.PutParameter{Name: in.Name, Version: version, Overwrite: in.Overwrite, Tags: in.Tags}
	})
	if err != nil {
		return nil, err
	}
	version.Number, err = strconv.ParseInt(applied.Key, 10, 64)
	return &version, err
}

func (v *Vault) newID() string { return randomText(32, hexDigits) }

// keep fills in what a new version does not say from the one before.
func keep(v, old *structs.ParameterVersion) {
	for _, field := range []struct{ to, from *string }{
		{&v.Type, &old.Type}, {&v.KeyID, &old.KeyID}, {&v.Description, &old.Description},
		{&v.AllowedPattern, &old.AllowedPattern}, {&v.Tier, &old.Tier},
	} {
		if *field.to == "" {
			*field.to = *field.from
		}
	}
}

// defaultKey is what Systems Manager shows as the key of SecureStrings without one.
const defaultKey = "alias/aws/ssm"

// checkParameter refuses values that Systems Manager does not take, and fills in its defaults. No
// error has the value.
func checkParameter(v *structs.ParameterVersion, value string) error {
	switch {
	case v.Tier == structs.TierIntelligent && len(value) > structs.MaxStandardValue:
		v.Tier = structs.TierAdvanced
	case v.Tier == "", v.Tier == structs.TierIntelligent:
		v.Tier = structs.TierStandard
	}
	most := structs.MaxStandardValue
	if v.Tier == structs.TierAdvanced {
		most = structs.MaxAdvancedValue
	}
	switch {
	case v.Type == "":
		return structs.Errorf(structs.KindInvalidParameter, "A parameter type is required when you create a parameter.")
	case value == "":
		return structs.Errorf(structs.KindInvalidParameter, "The parameter value cannot be empty.")
	case len(value) > most:
		return structs.Errorf(structs.KindInvalidParameter,
			"The value has %d bytes; a parameter of tier %s can have at most %d (a secret of Secrets Manager %d).", len(value), v.Tier, most, structs.MaxSecretValue)
	case v.KeyID != "" && v.Type != structs.ParameterSecure:
		return structs.Errorf(structs.KindInvalidParameter, "KeyId is required for SecureString type parameter only.")
	}
	if v.Type == structs.ParameterSecure && v.KeyID == "" {
		v.KeyID = defaultKey
	}
	if v.AllowedPattern == "" {
		return nil
	}
	pattern, err := regexp.Compile(v.AllowedPattern)
	if err != nil {
		return structs.Errorf(structs.KindInvalidParameter, "The request does not meet the regular expression requirement: AllowedPattern: %v", err)
	}
	if !pattern.MatchString(value) {
		return structs.Errorf(structs.KindInvalidParameter, "Parameter value, cannot be validated against allowedPattern: %s", v.AllowedPattern)
	}
	return nil
}

// DeleteParameters deletes parameters with their history. It returns the names of those that were
// deleted, and of those that do not exist.
func (v *Vault) DeleteParameters(ctx context.Context, names []string) (deleted, unknown []string, err error) {
	snap, err := v.Read(ctx)
	if err != nil {
		return nil, nil, err
	}
	var real []string
	for _, name := range names {
		if p := ParameterNamed(snap, name); p != nil {
			deleted, real = append(deleted, name), append(real, p.Name)
		} else {
			unknown = append(unknown, name)
		}
	}
	if len(real) > 0 {
		_, err = v.log.Apply(ctx, structs.RemoveParameters{Names: real})
	}
	return deleted, unknown, err
}

// LabelParameter gives labels to a version of a parameter, or takes them from it. Zero is the
// present version. It returns the labels that are not valid, which it leaves out, and the number of
// the version.
func (v *Vault) LabelParameter(ctx context.Context, name string, number int64, labels []string, remove bool) (invalid []string, version int64, err error) {
	p, err := v.FindParameter(ctx, name)
	if err != nil {
		return nil, 0, err
	}
	if number == 0 {
		number = p.Latest().Number
	}
	var valid []string
	of := p.Selected(strconv.FormatInt(number, 10))
	for _, label := range labels {
		known := !remove || of != nil && hasLabel(of, label)
		if labelPattern.MatchString(label) && !reservedLabel.MatchString(label) && known {
			valid = append(valid, label)
		} else {
			invalid = append(invalid, label)
		}
	}
	if len(valid) > 0 || of == nil {
		_, err = v.log.Apply(ctx, structs.LabelParameter{Name: p.Name, Number: number, Labels: valid, Remove: remove})
	}
	return invalid, number, err
}

// The labels that Systems Manager takes: none that looks like a number, or begins with aws or ssm.
var (
	labelPattern  = regexp.MustCompile(`^[A-Za-z_.-][A-Za-z0-9_.-]*$`)
	reservedLabel = regexp.MustCompile(`(?i)^(aws|ssm)`)
)

// TagParameter sets tags on a parameter.
func (v *Vault) TagParameter(ctx context.Context, name string, tags []structs.Tag) error {
	p, err := v.FindParameter(ctx, name)
	if err != nil {
		return err
	}
	return v.control.Tag(ctx, structs.ParameterKey(p.Name), tags)
}

// UntagParameter removes tags of a parameter by key.
func (v *Vault) UntagParameter(ctx context.Context, name string, keys []string) error {
	p, err := v.FindParameter(ctx, name)
	if err != nil {
		return err
	}
	return v.control.Untag(ctx, structs.ParameterKey(p.Name), keys)
}
