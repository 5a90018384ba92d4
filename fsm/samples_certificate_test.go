package fsm

import "github.com/gantry-project/gantry/structs"

func sampleCertificate() structs.Certificate {
	return structs.Certificate{
		ID: "22222222-2222-4222-8222-222222222222", Type: structs.CertificateIssued, Domain: "web.example.org",
		Names: []string{"web.example.org", "www.example.org"}, Claimed: true, Chain: "chain", Key: sampleSealed("k1"),
		NotBefore: 1_700_000_000_400, NotAfter: 1_700_000_000_401, CreatedAt: 1_700_000_000_402, IssuedAt: 1_700_000_000_403, Token: "t",
		RenewAsked: 1_700_000_000_404, Method: "DNS",
		Order: structs.CertificateOrder{
			Holder: "i/1", Until: 1_700_000_000_405, Failures: 2, Problem: "p", FailedAt: 1_700_000_000_406, Next: 1_700_000_000_407,
		},
	}
}

// certificateSamples are the samples about certificates.
func certificateSamples() map[string]structs.Command {
	c := sampleCertificate()
	return map[string]structs.Command{
		"put_certificate":    structs.PutCertificate{Certificate: c, Tags: []structs.Tag{{Key: "a", Value: "b"}}, Replace: true},
		"delete_certificate": structs.DeleteCertificate{ID: c.ID},
		"lease_certificate":  structs.LeaseCertificate{ID: c.ID, Claimed: &c, Holder: "i/1", At: 1_700_000_000_408, Until: 1_700_000_000_409},
		"report_certificate": structs.ReportCertificate{
			ID: c.ID, Holder: "i/1", Chain: "chain", Key: sampleSealed("k1"), NotBefore: 1, NotAfter: 2, Problem: "p", At: 3, Next: 4,
		},
		"renew_certificate": structs.RenewCertificate{ID: c.ID, At: 1_700_000_000_410},
		"put_acme_file": structs.PutACMEFile{
			File: structs.ACMEFile{Path: "accounts/a", Value: sampleSealed("k1"), At: 1_700_000_000_411}, New: true,
		},
		"delete_acme_file": structs.DeleteACMEFile{Path: "accounts/a"},
		"reseal_certificate": structs.Reseal{Values: []structs.ResealedValue{
			{Certificate: c.ID, Was: sampleSealed("k1"), Value: sampleSealed("k2")},
			{File: "accounts/a", Was: sampleSealed("k1"), Value: sampleSealed("k2")},
		}},
	}
}
