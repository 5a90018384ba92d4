package vault_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/control/vault"
	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// recorder keeps every command as the log has it.
type recorder struct {
	control.Log
	entries bytes.Buffer
}

func (r *recorder) Apply(ctx context.Context, cmd structs.Command) (structs.Applied, error) {
	entry, err := fsm.Encode(cmd)
	if err != nil {
		return structs.Applied{}, err
	}
	r.entries.Write(entry)
	return r.Log.Apply(ctx, cmd)
}

// harness is a vault with its log.
type harness struct {
	*testing.T
	*vault.Vault
	node *singlenode.Node
	log  *recorder
}

func newHarness(t *testing.T) *harness {
	node := singlenode.New(t)
	log := &recorder{Log: node}
	return &harness{t, vaultOf(t, node, log, security.NewSecret()), node, log}
}

// vaultOf returns a vault whose keys are sealed with a cluster's secret.
func vaultOf(t *testing.T, node *singlenode.Node, log control.Log, of security.Secret) *vault.Vault {
	t.Helper()
	sealer, err := of.Sealer()
	if err != nil {
		t.Fatal(err)
	}
	return vault.New(vault.Config{Control: node.Control, Log: log, Sealer: sealer})
}

func (h *harness) snap() *state.Snapshot { return h.node.Store.Snapshot() }

func (h *harness) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *harness) refused(err error, kind structs.Kind, text string) {
	h.Helper()
	if structs.KindOf(err) != kind || err == nil || !strings.Contains(err.Error(), text) {
		h.Errorf("error %v of kind %s; want %s with %q", err, structs.KindOf(err), kind, text)
	}
}

// put gives a secret a value under a token, and creates it if need be.
func (h *harness) put(name, value, token string, stages ...string) {
	h.Helper()
	in := vault.SecretInput{Name: name, Value: vault.SecretValue{Text: value}, Token: token, Stages: stages}
	if h.snap().Secret(name) == nil {
		_, _, err := h.CreateSecret(h.Context(), in)
		h.must(err)
		return
	}
	_, _, err := h.ChangeSecret(h.Context(), in)
	h.must(err)
}

func (h *harness) value(name, version, stage string) string {
	h.Helper()
	v, err := h.SecretValue(h.Context(), name, version, stage)
	h.must(err)
	return string(v.Content)
}

func (h *harness) parameter(name string) string {
	h.Helper()
	p, err := h.Parameter(h.Context(), name)
	h.must(err)
	return p.Content
}

// Versions move through their stages as in Secrets Manager.
func TestStages(t *testing.T) {
	h := newHarness(t)
	h.put("db", "one", "t1")
	h.put("db", "two", "t2")
	if now, before := h.value("db", "", ""), h.value("db", "", structs.StagePrevious); now != "two" || before != "one" {
		t.Errorf("current %q, previous %q", now, before)
	}
	h.put("db", "three", "t3", structs.StagePending)
	if now, pending := h.value("db", "", ""), h.value("db", "", structs.StagePending); now != "two" || pending != "three" {
		t.Errorf("current %q, pending %q", now, pending)
	}
	_, err := h.StageSecret(t.Context(), "db", structs.StageCurrent, "", "t3")
	h.refused(err, structs.KindInvalidParameter, "currently attached to version t2")
	_, err = h.StageSecret(t.Context(), "db", structs.StageCurrent, "t2", "t3")
	h.must(err)
	if now, before := h.value("db", "", ""), h.value("db", "", structs.StagePrevious); now != "three" || before != "two" {
		t.Errorf("after the move: current %q, previous %q", now, before)
	}
	if v := h.snap().Secret("db").Version("t1"); v == nil || len(v.Stages) != 0 {
		t.Errorf("the first version is %+v", v)
	}
	// a token again: the same value is the same call, another is a conflict
	h.put("db", "three", "t3")
	_, _, err = h.ChangeSecret(t.Context(), vault.SecretInput{Name: "db", Value: vault.SecretValue{Text: "other"}, Token: "t3"})
	h.refused(err, structs.KindConflict, "already in use")
	_, _, err = h.CreateSecret(t.Context(), vault.SecretInput{Name: "db", Value: vault.SecretValue{Text: "x"}, Token: "t9"})
	h.refused(err, structs.KindConflict, "already exists")
	for range structs.MaxSecretVersions + 5 {
		h.put("db", "more", "")
	}
	if n := len(h.snap().Secret("db").Versions); n != structs.MaxSecretVersions {
		t.Errorf("%d versions are kept", n)
	}
}

// A deleted secret can be restored, and yields nothing meanwhile.
func TestDeleteAndRestore(t *testing.T) {
	h := newHarness(t)
	h.put("db", "one", "t1")
	_, _, err := h.DeleteSecret(t.Context(), "db", 3, false)
	h.refused(err, structs.KindInvalidParameter, "between 7 and 30 days")
	_, at, err := h.DeleteSecret(t.Context(), "db", 0, false)
	h.must(err)
	if days := (at - h.snap().Secret("db").DeletedAt) / (24 * 3600 * 1000); days != 30 {
		t.Errorf("it is removed after %d days", days)
	}
	_, err = h.SecretValue(t.Context(), "db", "", "")
	h.refused(err, structs.KindClient, "marked for deletion")
	_, _, err = h.CreateSecret(t.Context(), vault.SecretInput{Name: "db"})
	h.refused(err, structs.KindClient, "scheduled for deletion")
	_, err = h.RestoreSecret(t.Context(), "db")
	h.must(err)
	if got := h.value("db", "", ""); got != "one" {
		t.Errorf("restored: %q", got)
	}
	_, _, err = h.DeleteSecret(t.Context(), "db", 0, true)
	h.must(err)
	_, err = h.FindSecret(t.Context(), "db")
	h.refused(err, structs.KindResourceNotFound, "can't find the specified secret")
}

// A secret is found by its name, by its own ARN, by an ARN without the six characters, and by one
// of another account; never by a name that only looks like another's ARN.
func TestNamesOfSecrets(t *testing.T) {
	h := newHarness(t)
	h.put("app", "app", "t1")
	h.put("app-s3cret", "its own", "t2")
	own := h.snap().Secret("app").Resource()
	for id, want := range map[string]string{
		"app": "app", "app-s3cret": "its own",
		"arn:aws:secretsmanager:us-east-1:000000000000:" + own:            "app",
		"arn:aws:secretsmanager:eu-west-1:123456789012:secret:app":        "app",
		"arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf": "app",
		"arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-s3cret": "its own",
		"arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-secret": "",
		"app-AbCdEf": "", "arn:aws:ssm:eu-west-1:1:parameter/app": "",
	} {
		s, err := h.FindSecret(t.Context(), id)
		if want == "" {
			h.refused(err, structs.KindResourceNotFound, "can't find")
			continue
		}
		h.must(err)
		if got := h.value(s.Name, "", ""); got != want {
			t.Errorf("%s means %s", id, s.Name)
		}
	}
}

// Parameters have numbered versions, labels and a history of bounded length.
func TestParameters(t *testing.T) {
	h := newHarness(t)
	put := func(value string, overwrite bool) error {
		_, err := h.PutParameter(t.Context(), vault.ParameterInput{Name: "/p", Value: value, Type: structs.ParameterSecure, Overwrite: overwrite})
		return err
	}
	h.must(put("one", false))
	h.refused(put("two", false), structs.KindConflict, "already exists")
	h.must(put("two", true))
	invalid, n, err := h.LabelParameter(t.Context(), "/p", 1, []string{"live", "9bad", "aws-x"}, false)
	h.must(err)
	if n != 1 || len(invalid) != 2 {
		t.Errorf("version %d, invalid labels %q", n, invalid)
	}
	for name, want := range map[string]string{"/p": "two", "/p:1": "one", "/p:live": "one", "arn:aws:ssm:r:1:parameter/p:2": "two"} {
		if got := h.parameter(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	_, err = h.Parameter(t.Context(), "/p:7")
	h.refused(err, structs.KindMissingVersion, "version 7")
	_, _, err = h.LabelParameter(t.Context(), "/p", 2, []string{"live"}, false) // moves
	h.must(err)
	if got := h.parameter("/p:live"); got != "two" {
		t.Errorf("the label is at %q", got)
	}
	for range structs.MaxParameterVersions - 1 {
		h.must(put("more", true))
	}
	p := h.snap().Parameter("/p")
	if len(p.Versions) != structs.MaxParameterVersions || p.Latest().Number != structs.MaxParameterVersions+1 {
		t.Errorf("%d versions up to %d", len(p.Versions), p.Latest().Number)
	}
	h.refused(put("more", true), structs.KindLimitExceeded, "has a label")
	_, err = h.PutParameter(t.Context(), vault.ParameterInput{Name: "/q", Value: "geheim", Type: structs.ParameterString, AllowedPattern: "^[0-9]+$"})
	h.refused(err, structs.KindInvalidParameter, "cannot be validated against allowedPattern")
	if strings.Contains(err.Error(), "geheim") {
		t.Errorf("the error has the value: %v", err)
	}
	deleted, unknown, err := h.DeleteParameters(t.Context(), []string{"/p", "/none"})
	h.must(err)
	if len(deleted) != 1 || len(unknown) != 1 || h.snap().Parameter("/p") != nil {
		t.Errorf("deleted %q, unknown %q", deleted, unknown)
	}
}

// A rotation seals everything with a new key and removes the old one; values stay as they are.
func TestRotateKey(t *testing.T) {
	h := newHarness(t)
	h.put("db", "one", "t1")
	h.put("db", "two", "t2")
	_, err := h.PutParameter(t.Context(), vault.ParameterInput{Name: "/p", Value: "three", Type: structs.ParameterString})
	h.must(err)
	before := h.snap().NewestVaultKey()
	out, err := h.RotateKey(t.Context())
	h.must(err)
	if out.Values != 3 || out.Key != before.Number+1 || len(out.Unreadable) > 0 {
		t.Errorf("rotated %+v", out)
	}
	if h.snap().VaultKey(before.ID) != nil {
		t.Error("the old key is still there")
	}
	for _, v := range h.snap().Secret("db").Versions {
		if v.Value.Key != h.snap().NewestVaultKey().ID {
			t.Errorf("version %s is sealed with the old key", v.ID)
		}
	}
	if one, two, p := h.value("db", "t1", ""), h.value("db", "", ""), h.parameter("/p"); one != "one" || two != "two" || p != "three" {
		t.Errorf("after the rotation: %q %q %q", one, two, p)
	}
	// a value that was sealed with the key that is gone is refused by the log, so it is not lost
	_, err = h.node.Apply(t.Context(), structs.PutParameter{Name: "/late", Version: structs.ParameterVersion{Value: structs.SealedValue{Key: before.ID}}})
	h.refused(err, structs.KindUnavailable, "replaced meanwhile")
}

// Neither the log nor state has a value, nor opens one without the secret that sealed it.
func TestNothingInPlainText(t *testing.T) {
	const value = "correct horse battery staple"
	h := newHarness(t)
	h.put("db", value, "t1")
	_, err := h.PutParameter(t.Context(), vault.ParameterInput{Name: "/p", Value: value, Type: structs.ParameterString})
	h.must(err)
	_, err = h.RotateKey(t.Context())
	h.must(err)
	if h.log.entries.Len() < 500 || bytes.Contains(h.log.entries.Bytes(), []byte(value)) {
		t.Errorf("the log has %d bytes, and the value: %t", h.log.entries.Len(), bytes.Contains(h.log.entries.Bytes(), []byte(value)))
	}
	for n := range h.snap().Secret("db").Versions {
		if bytes.Contains(h.snap().Secret("db").Versions[n].Value.Content, []byte(value)) {
			t.Error("state has the value")
		}
	}
	other := vaultOf(t, h.node, h.node, security.NewSecret())
	_, err = other.SecretValue(t.Context(), "db", "", "")
	h.refused(err, structs.KindUnavailable, "another cluster secret")
	_, err = other.PutParameter(t.Context(), vault.ParameterInput{Name: "/p2", Value: "x", Type: structs.ParameterString})
	h.refused(err, structs.KindUnavailable, "another cluster secret")
}
