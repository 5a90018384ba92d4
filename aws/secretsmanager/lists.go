package secretsmanager

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

func (c *call) describeSecret(ctx context.Context, in *DescribeSecretRequest) (*DescribeSecretResponse, error) {
	s, err := c.vault.FindSecret(ctx, in.SecretId)
	if err != nil {
		return nil, err
	}
	snap, err := c.vault.Read(ctx)
	if err != nil {
		return nil, err
	}
	return &DescribeSecretResponse{
		ARN: c.arn(s), Name: s.Name, Description: s.Description, KmsKeyId: s.KMSKey, CreatedDate: s.CreatedAt, LastChangedDate: s.ChangedAt,
		DeletedDate: s.DeletedAt, Tags: renderTags(snap.Tags(structs.SecretKey(s.Name))), VersionIdsToStages: stages(s),
	}, nil
}

// listed is a secret with its tags.
type listed struct {
	*structs.StoredSecret
	tags []structs.Tag
}

func (c *call) listSecrets(ctx context.Context, in *ListSecretsRequest) (*ListSecretsResponse, error) {
	rows, err := c.filtered(ctx, in.Filters, in.IncludePlannedDeletion != nil && *in.IncludePlannedDeletion)
	if err != nil {
		return nil, err
	}
	var key func(listed) string
	switch in.SortBy {
	case "", "created-date":
		key = func(s listed) string { return fmt.Sprintf("%020d %s", s.CreatedAt, s.Name) }
	case "last-changed-date":
		key = func(s listed) string { return fmt.Sprintf("%020d %s", s.ChangedAt, s.Name) }
	case "name":
		key = func(s listed) string { return s.Name }
	default:
		return nil, refuse("SortBy "+in.SortBy, "Gantry does not record when secrets were read", true)
	}
	descending := in.SortOrder == "desc"
	slices.SortFunc(rows, func(a, b listed) int {
		order := strings.Compare(key(a), key(b))
		if descending {
			return -order
		}
		return order
	})
	all := func(yield func(string, SecretListEntry) bool) {
		for _, s := range rows {
			if !yield(key(s), c.listEntry(s)) {
				return
			}
		}
	}
	list, next, err := protocol.Listing[SecretListEntry]{
		Operation: "ListSecrets " + in.SortBy + in.SortOrder, Rows: all, Descending: descending, MaxResults: in.MaxResults, Token: in.NextToken,
	}.Page()
	return &ListSecretsResponse{SecretList: list, NextToken: next}, err
}

func (c *call) listEntry(s listed) SecretListEntry {
	return SecretListEntry{
		ARN: c.arn(s.StoredSecret), Name: s.Name, Description: s.Description, KmsKeyId: s.KMSKey, CreatedDate: s.CreatedAt,
		LastChangedDate: s.ChangedAt, DeletedDate: s.DeletedAt, Tags: renderTags(s.tags), SecretVersionsToStages: stages(s.StoredSecret),
	}
}

// filtered returns the secrets that match all filters, by name.
func (c *call) filtered(ctx context.Context, filters []Filter, marked bool) (rows []listed, err error) {
	snap, err := c.vault.Read(ctx)
	if err != nil {
		return nil, err
	}
	for s := range snap.Secrets() {
		one := listed{s, snap.Tags(structs.SecretKey(s.Name))}
		if (marked || s.DeletedAt == 0) && !slices.ContainsFunc(filters, func(f Filter) bool { return !f.matches(one) }) {
			rows = append(rows, one)
		}
	}
	return rows, nil
}

// matches reports whether a secret has one of a filter's values. Values are beginnings; one that
// begins with ! is what the secret must not have (Secrets Manager).
func (f Filter) matches(s listed) bool {
	texts, fold := f.texts(s)
	has := func(value string) bool {
		return slices.ContainsFunc(texts, func(text string) bool {
			if fold {
				text, value = strings.ToLower(text), strings.ToLower(value)
			}
			return strings.HasPrefix(text, value)
		})
	}
	return slices.ContainsFunc(f.Values, func(value string) bool {
		if not, ok := strings.CutPrefix(value, "!"); ok {
			return !has(not)
		}
		return has(value)
	})
}

// texts returns what a filter looks at, and whether its case does not matter.
func (f Filter) texts(s listed) (texts []string, fold bool) {
	words := func(text string) []string {
		return strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(" /_+=.@-", c) })
	}
	switch f.Key {
	case "name":
		return []string{s.Name}, false
	case "description":
		return append(words(s.Description), s.Description), true
	case "tag-key", "tag-value":
		for _, t := range s.tags {
			if f.Key == "tag-key" {
				texts = append(texts, t.Key)
			} else {
				texts = append(texts, t.Value)
			}
		}
		return texts, false
	case "all":
		texts = append(append(words(s.Name), words(s.Description)...), s.Name, s.Description)
		for _, t := range s.tags {
			texts = append(append(append(texts, words(t.Key)...), words(t.Value)...), t.Key, t.Value)
		}
		return texts, true
	}
	return nil, false // primary-region, owning-service: no secret has one
}

func (c *call) listSecretVersionIds(ctx context.Context, in *ListSecretVersionIdsRequest) (*ListSecretVersionIdsResponse, error) {
	s, err := c.vault.FindSecret(ctx, in.SecretId)
	if err != nil {
		return nil, err
	}
	all := func(yield func(string, SecretVersionsListEntry) bool) {
		for n, v := range s.Versions {
			if len(v.Stages) == 0 && (in.IncludeDeprecated == nil || !*in.IncludeDeprecated) {
				continue
			}
			entry := SecretVersionsListEntry{VersionId: v.ID, VersionStages: v.Stages, CreatedDate: v.CreatedAt}
			if !yield(fmt.Sprintf("%020d %04d", v.CreatedAt, n), entry) {
				return
			}
		}
	}
	list, next, err := protocol.Listing[SecretVersionsListEntry]{
		Operation: "ListSecretVersionIds", Rows: all, MaxResults: in.MaxResults, Token: in.NextToken,
	}.Page()
	return &ListSecretVersionIdsResponse{ARN: c.arn(s), Name: s.Name, Versions: list, NextToken: next}, err
}
