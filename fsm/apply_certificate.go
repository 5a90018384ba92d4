package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// errNoCertificate is ACM's error, without the region and account of its ARN.
func errNoCertificate(id string) *structs.Error {
	return structs.Errorf(structs.KindResourceNotFound, "Could not find certificate %s.", id)
}

func putCertificate(tx *state.Tx, _ uint64, cmd structs.PutCertificate) (string, error) {
	c := cmd.Certificate
	if old := tx.Certificate(c.ID); cmd.Replace && old == nil {
		return "", errNoCertificate(c.ID)
	} else if !cmd.Replace && old != nil {
		return "", structs.Errorf(structs.KindConflict, "there is a certificate %s already", c.ID)
	}
	if c.Chain != "" {
		if err := checkVaultKey(tx, c.Key); err != nil {
			return "", err
		}
	}
	tx.PutCertificate(&c)
	tx.PutTags(structs.CertificateKey(c.ID), cmd.Tags)
	return c.ID, nil
}

func deleteCertificate(tx *state.Tx, _ uint64, cmd structs.DeleteCertificate) (string, error) {
	c := tx.Certificate(cmd.ID)
	if c == nil {
		return "", errNoCertificate(cmd.ID)
	}
	for l := range tx.AllListeners() {
		for _, arn := range l.Certificates {
			if id, _ := structs.CertificateID(arn); id == c.ID {
				return "", structs.Errorf(structs.KindResourceInUse, "Certificate %s is in use by listener %s.", c.ID, l.ID)
			}
		}
	}
	removeChallenges(tx, c)
	tx.PutTags(structs.CertificateKey(c.ID), nil)
	tx.RemoveCertificate(c)
	return c.ID, nil
}

// removeChallenges removes what answers challenges for the names of a certificate.
func removeChallenges(tx *state.Tx, c *structs.Certificate) {
	for _, name := range c.Names {
		if f := tx.ACMEFile(structs.ACMEChallenges + name); f != nil {
			tx.RemoveACMEFile(f)
		}
	}
}

func leaseCertificate(tx *state.Tx, _ uint64, cmd structs.LeaseCertificate) (string, error) {
	c := tx.Certificate(cmd.ID)
	if c == nil {
		if cmd.Claimed == nil {
			return "", errNoCertificate(cmd.ID)
		}
		if c = claimed(tx, cmd.Claimed.Domain); c == nil {
			c = cmd.Claimed
		}
	}
	if c.Order.Holder != cmd.Holder && c.Order.Until > cmd.At {
		return "", structs.Errorf(structs.KindConflict, "another ingress instance orders certificate %s", c.ID)
	}
	if c.RenewAt() > cmd.At { // it was ordered meanwhile
		return "", structs.Errorf(structs.KindConflict, "it is not time to order certificate %s", c.ID)
	}
	made := *c
	made.Order.Holder, made.Order.Until = cmd.Holder, cmd.Until
	tx.PutCertificate(&made)
	return made.ID, nil
}

// claimed returns the certificate that was ordered because a rule claims a name, or nil.
func claimed(tx *state.Tx, name string) *structs.Certificate {
	for c := range tx.Certificates() {
		if c.Claimed && slices.Equal(c.Names, []string{name}) {
			return c
		}
	}
	return nil
}

func reportCertificate(tx *state.Tx, _ uint64, cmd structs.ReportCertificate) (string, error) {
	c := tx.Certificate(cmd.ID)
	if c == nil {
		return "", errNoCertificate(cmd.ID)
	}
	if c.Order.Holder != cmd.Holder {
		return "", structs.Errorf(structs.KindConflict, "another ingress instance orders certificate %s", c.ID)
	}
	made := *c
	if cmd.Problem != "" {
		made.Order = structs.CertificateOrder{
			Failures: c.Order.Failures + 1, Problem: cmd.Problem, FailedAt: cmd.At, Next: cmd.Next,
		}
		tx.PutCertificate(&made)
		return c.ID, nil
	}
	if err := checkVaultKey(tx, cmd.Key); err != nil {
		return "", err
	}
	made.Chain, made.Key, made.NotBefore, made.NotAfter = cmd.Chain, cmd.Key, cmd.NotBefore, cmd.NotAfter
	made.IssuedAt, made.RenewAsked, made.Order = cmd.At, 0, structs.CertificateOrder{}
	tx.PutCertificate(&made)
	removeChallenges(tx, c)
	return c.ID, nil
}

func renewCertificate(tx *state.Tx, _ uint64, cmd structs.RenewCertificate) (string, error) {
	c := tx.Certificate(cmd.ID)
	if c == nil {
		return "", errNoCertificate(cmd.ID)
	}
	made := *c
	made.RenewAsked, made.Order.Next, made.Order.Failures = cmd.At, 0, 0
	tx.PutCertificate(&made)
	return c.ID, nil
}

func putACMEFile(tx *state.Tx, _ uint64, cmd structs.PutACMEFile) (string, error) {
	if cmd.New && tx.ACMEFile(cmd.File.Path) != nil {
		return "", nil
	}
	if err := checkVaultKey(tx, cmd.File.Value); err != nil {
		return "", err
	}
	tx.PutACMEFile(&cmd.File)
	return "", nil
}

func deleteACMEFile(tx *state.Tx, _ uint64, cmd structs.DeleteACMEFile) (string, error) {
	if f := tx.ACMEFile(cmd.Path); f != nil {
		tx.RemoveACMEFile(f)
	}
	return "", nil
}
