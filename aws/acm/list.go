package acm

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control/certificates"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// mostListed is the most certificates of one answer (ACM).
const mostListed = 1000

// listCertificates lists certificates, oldest first. Unlike ACM it leaves none out because of its
// key's algorithm, unless a filter says so.
func (c *call) listCertificates(ctx context.Context, in *ListCertificatesRequest) (*ListCertificatesResponse, error) {
	if in.SortOrder != "" && in.SortBy == "" {
		return nil, structs.Errorf(structs.KindInvalidParameter, "SortBy and SortOrder must be given together.")
	}
	snap, err := c.certificates.Read(ctx)
	if err != nil {
		return nil, err
	}
	key := func(of *structs.Certificate) string { return fmt.Sprintf("%020d %s", of.CreatedAt, of.ID) }
	var rows []*structs.Certificate
	for one := range snap.Certificates() {
		if c.listed(in, one) {
			rows = append(rows, one)
		}
	}
	descending := in.SortOrder == "DESCENDING"
	slices.SortFunc(rows, func(a, b *structs.Certificate) int {
		if descending {
			a, b = b, a
		}
		return strings.Compare(key(a), key(b))
	})
	all := func(yield func(string, CertificateSummary) bool) {
		for _, one := range rows {
			if !yield(key(one), c.summary(snap, one)) {
				return
			}
		}
	}
	list, next, err := protocol.Listing[CertificateSummary]{
		Operation: "ListCertificates " + in.SortOrder, Rows: all, Descending: descending, MaxResults: in.MaxItems, Most: mostListed, Token: in.NextToken,
	}.Page()
	return &ListCertificatesResponse{CertificateSummaryList: list, NextToken: next}, err
}

// listed reports whether a certificate passes the filters of a request.
func (c *call) listed(in *ListCertificatesRequest, one *structs.Certificate) bool {
	if len(in.CertificateStatuses) > 0 && !slices.Contains(in.CertificateStatuses, one.Status(c.certificates.Now())) {
		return false
	}
	f := in.Includes
	if f == nil {
		return true
	}
	var detail CertificateDetail
	if detail.KeyAlgorithm = keyAlgorithm; one.Chain != "" {
		describeLeaf(&detail, leafOf(one))
	}
	anyOf := func(wanted, has []string) bool {
		return len(wanted) == 0 || slices.Contains(wanted, "ANY") || slices.ContainsFunc(wanted, func(w string) bool { return slices.Contains(has, w) })
	}
	usages, extended := usagesOf(&detail)
	return f.ManagedBy == "" && f.ExportOption != "ENABLED" && anyOf(f.KeyTypes, []string{detail.KeyAlgorithm}) &&
		anyOf(f.KeyUsage, usages) && anyOf(f.ExtendedKeyUsage, extended)
}

func usagesOf(detail *CertificateDetail) (usages, extended []string) {
	for _, u := range detail.KeyUsages {
		usages = append(usages, u.Name)
	}
	for _, u := range detail.ExtendedKeyUsages {
		extended = append(extended, u.Name)
	}
	return usages, extended
}

func (c *call) summary(snap *state.Snapshot, of *structs.Certificate) CertificateSummary {
	var detail CertificateDetail
	detail.KeyAlgorithm = keyAlgorithm
	out := CertificateSummary{
		CertificateArn: c.arn(of), DomainName: of.Domain, SubjectAlternativeNameSummaries: of.Names, HasAdditionalSubjectAlternativeNames: new(false),
		Status: of.Status(c.certificates.Now()), Type: typeOf(of), ExportOption: "DISABLED", Exported: new(false),
		InUse: new(len(certificates.UsedBy(snap, of)) > 0), RenewalEligibility: "ELIGIBLE",
		NotBefore: of.NotBefore, NotAfter: of.NotAfter, CreatedAt: of.CreatedAt,
	}
	if of.Type == structs.CertificateImported {
		out.ImportedAt, out.RenewalEligibility = of.IssuedAt, "INELIGIBLE"
	} else {
		out.IssuedAt = of.IssuedAt
	}
	if of.Chain != "" {
		describeLeaf(&detail, leafOf(of))
	}
	out.KeyAlgorithm = detail.KeyAlgorithm
	out.KeyUsages, out.ExtendedKeyUsages = usagesOf(&detail)
	return out
}
