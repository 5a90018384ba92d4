package state

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

var certificates = Declare(Declaration[structs.Certificate]{
	Table: 65, Name: "certificates",
	Less: func(a, b *structs.Certificate) bool { return a.ID < b.ID },
})

var acmeFiles = Declare(Declaration[structs.ACMEFile]{
	Table: 66, Name: "ACME files",
	Less: func(a, b *structs.ACMEFile) bool { return a.Path < b.Path },
})

// Certificate returns a certificate by id, or nil if there is none.
func (s *Snapshot) Certificate(id string) *structs.Certificate {
	return certificates.get(s, &structs.Certificate{ID: id})
}

// Certificates returns all certificates by id.
func (s *Snapshot) Certificates() iter.Seq[*structs.Certificate] { return certificates.all(s) }

// PutCertificate adds a certificate, or replaces the one of the same id.
func (tx *Tx) PutCertificate(c *structs.Certificate) { certificates.put(tx, c) }

// RemoveCertificate removes a certificate.
func (tx *Tx) RemoveCertificate(c *structs.Certificate) { certificates.remove(tx, c) }

// ACMEFile returns what ingress instances share under a path, or nil.
func (s *Snapshot) ACMEFile(path string) *structs.ACMEFile {
	return acmeFiles.get(s, &structs.ACMEFile{Path: path})
}

// ACMEFiles returns all that ingress instances share to order certificates, by path.
func (s *Snapshot) ACMEFiles() iter.Seq[*structs.ACMEFile] { return acmeFiles.all(s) }

// PutACMEFile adds a file, or replaces the one of the same path.
func (tx *Tx) PutACMEFile(f *structs.ACMEFile) { acmeFiles.put(tx, f) }

// RemoveACMEFile removes a file.
func (tx *Tx) RemoveACMEFile(f *structs.ACMEFile) { acmeFiles.remove(tx, f) }
