package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

// The kinds of what holds a value.
const (
	kindSecret    = "secret"
	kindParameter = "parameter"
)

// foundSecret is a secret or a parameter that an address means. It need not exist.
type foundSecret struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	exists bool
	at     structs.SecretAddress
}

// The parts of AWS's answers that are used.
type (
	describedSecret struct {
		Name               string
		VersionIdsToStages map[string][]string
	}
	secretPut struct {
		Kind    string `json:"kind"`
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	secretValue struct {
		Name   string `json:"name"`
		Text   string `json:"value,omitzero"`
		Binary []byte `json:"binary,omitzero"`
	}
	secretRow struct {
		Name        string       `json:"name"`
		Kind        string       `json:"kind"`
		Description string       `json:"description,omitzero"`
		ChangedAt   structs.Time `json:"changedAt"`
		DeletedAt   structs.Time `json:"deletedAt,omitzero"`
	}
	secretList struct {
		Secrets []secretRow `json:"secrets"`
	}
	secretVersion struct {
		Version   string       `json:"version"`
		Stages    []string     `json:"stages"`
		CreatedAt structs.Time `json:"createdAt"`
	}
	secretVersions struct {
		Versions []secretVersion `json:"versions"`
	}
)

func (v secretValue) bytes() []byte {
	if len(v.Binary) > 0 {
		return v.Binary
	}
	return []byte(v.Text)
}

func (v secretVersion) labels() string { return strings.Join(v.Stages, " ") }

// isCode reports whether an error has a code of AWS's.
func isCode(err error, code string) bool {
	e, ok := errors.AsType[*structs.Error](err)
	return ok && string(e.Kind) == code
}

// findSecret returns what an address means, as a task would find it. asSecret means that a name is
// that of a secret.
func findSecret(ctx context.Context, c *client.Client, address string, asSecret bool) (foundSecret, error) {
	a, err := structs.ParseSecretAddress(address)
	if err != nil {
		return foundSecret{}, err
	}
	if a.Parameter && !asSecret {
		for _, name := range structs.ParameterNames(a.Name) {
			var out struct{ Parameters []struct{ Name string } }
			in := map[string]any{"ParameterFilters": []map[string]any{{"Key": "Name", "Values": []string{name}}}}
			if err := c.CallParameters(ctx, "DescribeParameters", in, &out); err != nil {
				return foundSecret{}, err
			}
			for _, p := range out.Parameters {
				if p.Name == name {
					return foundSecret{kindParameter, name, true, a}, nil
				}
			}
		}
	}
	if !a.Parameter || !a.ARN {
		id := a.Name
		if a.ARN {
			id = withoutKeys(a)
		}
		var out describedSecret
		err := c.CallSecrets(ctx, "DescribeSecret", map[string]any{"SecretId": id}, &out)
		switch {
		case err == nil:
			return foundSecret{kindSecret, out.Name, true, a}, nil
		case !isCode(err, "ResourceNotFound"):
			return foundSecret{}, err
		case !a.Parameter || asSecret:
			return foundSecret{kindSecret, structs.SecretNames(a.Name)[0], false, a}, nil
		}
	}
	return foundSecret{kindParameter, structs.ParameterNames(a.Name)[0], false, a}, nil
}

// withoutKeys returns the ARN of a whole secret.
func withoutKeys(a structs.SecretAddress) string {
	head, _, _ := strings.Cut(a.Text, ":secret:")
	return head + ":secret:" + a.Name
}

func (s foundSecret) missing() error {
	if s.exists {
		return nil
	}
	return fmt.Errorf("there is no %s %s; gantry secret list shows what there is", s.Kind, s.Name)
}

func (s foundSecret) put(ctx context.Context, c *client.Client, value []byte, description string) (secretPut, error) {
	out := secretPut{Kind: s.Kind, Name: s.Name}
	if s.at.Selector != "" || s.at.JSONKey != "" || s.at.Stage != "" || s.at.VersionID != "" {
		return out, fmt.Errorf("%s names a part or a version of a value; leave that out: what is put is a whole new version", s.at.Text)
	}
	if s.Kind == kindParameter {
		if !utf8.Valid(value) {
			return out, errors.New("the value is binary, and a parameter holds text: use --secret")
		}
		in := map[string]any{"Name": s.Name, "Value": string(value), "Overwrite": s.exists, "Tier": structs.TierIntelligent}
		if !s.exists {
			in["Type"] = structs.ParameterSecure
		}
		if description != "" {
			in["Description"] = description
		}
		var answer struct{ Version int64 }
		err := c.CallParameters(ctx, "PutParameter", in, &answer)
		out.Version = fmt.Sprint(answer.Version)
		return out, err
	}
	in := map[string]any{"SecretString": string(value)}
	if !utf8.Valid(value) {
		in = map[string]any{"SecretBinary": value}
	}
	if description != "" {
		in["Description"] = description
	}
	action, name := "CreateSecret", "Name"
	if s.exists {
		action, name = "UpdateSecret", "SecretId"
	}
	in[name] = s.Name
	var answer struct{ VersionId string }
	err := c.CallSecrets(ctx, action, in, &answer)
	out.Version = answer.VersionId
	return out, err
}

func (s foundSecret) get(ctx context.Context, c *client.Client) (secretValue, error) {
	if err := s.missing(); err != nil {
		return secretValue{}, err
	}
	if s.Kind == kindParameter {
		name := s.Name
		if s.at.Selector != "" {
			name += ":" + s.at.Selector
		}
		var out struct{ Parameter struct{ Value string } }
		err := c.CallParameters(ctx, "GetParameter", map[string]any{"Name": name, "WithDecryption": true}, &out)
		return secretValue{Name: s.Name, Text: out.Parameter.Value}, err
	}
	in := map[string]any{"SecretId": s.Name}
	if s.at.VersionID != "" {
		in["VersionId"] = s.at.VersionID
	}
	if s.at.Stage != "" {
		in["VersionStage"] = s.at.Stage
	}
	var out struct {
		SecretString string
		SecretBinary []byte
	}
	err := c.CallSecrets(ctx, "GetSecretValue", in, &out)
	return secretValue{Name: s.Name, Text: out.SecretString, Binary: out.SecretBinary}, err
}

func (s foundSecret) versions(ctx context.Context, c *client.Client) (list secretVersions, err error) {
	if err := s.missing(); err != nil {
		return list, err
	}
	if s.Kind == kindParameter {
		var out struct {
			Parameters []struct {
				Version          int64
				Labels           []string
				LastModifiedDate structs.Time
			}
			NextToken string
		}
		for more := true; more; more = out.NextToken != "" {
			in := map[string]any{"Name": s.Name, "NextToken": out.NextToken}
			out.Parameters, out.NextToken = nil, ""
			if err := c.CallParameters(ctx, "GetParameterHistory", in, &out); err != nil {
				return list, err
			}
			for _, v := range out.Parameters {
				list.Versions = append(list.Versions, secretVersion{fmt.Sprint(v.Version), v.Labels, v.LastModifiedDate})
			}
		}
		return list, nil
	}
	var out struct {
		Versions []struct {
			VersionId     string
			VersionStages []string
			CreatedDate   structs.Time
		}
	}
	in := map[string]any{"SecretId": s.Name, "IncludeDeprecated": true}
	if err := c.CallSecrets(ctx, "ListSecretVersionIds", in, &out); err != nil {
		return list, err
	}
	for _, v := range out.Versions {
		list.Versions = append(list.Versions, secretVersion{v.VersionId, v.VersionStages, v.CreatedDate})
	}
	return list, nil
}

func (s foundSecret) remove(ctx context.Context, c *client.Client, days int64) error {
	if err := s.missing(); err != nil {
		return err
	}
	var out struct{}
	if s.Kind == kindParameter {
		return c.CallParameters(ctx, "DeleteParameter", map[string]any{"Name": s.Name}, &out)
	}
	in := map[string]any{"SecretId": s.Name, "ForceDeleteWithoutRecovery": true}
	if days != 0 {
		in = map[string]any{"SecretId": s.Name, "RecoveryWindowInDays": days}
	}
	return c.CallSecrets(ctx, "DeleteSecret", in, &out)
}

// listSecrets returns all secrets and parameters.
func listSecrets(ctx context.Context, c *client.Client) (list secretList, err error) {
	list.Secrets = []secretRow{}
	next := ""
	for more := true; more; more = next != "" {
		var out struct {
			SecretList []struct {
				Name, Description            string
				LastChangedDate, DeletedDate structs.Time
			}
			NextToken string
		}
		in := map[string]any{"NextToken": next, "IncludePlannedDeletion": true, "SortBy": "name"}
		if err := c.CallSecrets(ctx, "ListSecrets", in, &out); err != nil {
			return list, err
		}
		for _, s := range out.SecretList {
			list.Secrets = append(list.Secrets, secretRow{s.Name, kindSecret, s.Description, s.LastChangedDate, s.DeletedDate})
		}
		next = out.NextToken
	}
	for more := true; more; more = next != "" {
		var out struct {
			Parameters []struct {
				Name, Description string
				LastModifiedDate  structs.Time
			}
			NextToken string
		}
		if err := c.CallParameters(ctx, "DescribeParameters", map[string]any{"NextToken": next}, &out); err != nil {
			return list, err
		}
		for _, p := range out.Parameters {
			list.Secrets = append(list.Secrets, secretRow{p.Name, kindParameter, p.Description, p.LastModifiedDate, 0})
		}
		next = out.NextToken
	}
	return list, nil
}
