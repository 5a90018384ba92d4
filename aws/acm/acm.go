// Package acm serves the part of the AWS Certificate Manager API that is about certificates:
// import.go changes them, describe.go and list.go show them. What AWS issues is here issued by the
// cluster's certificate authority (docs/https.md).
//
// The *.gen.go files are written by aws/gen from the API's model.
package acm

import (
	"context"
	"reflect"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/control/certificates"
	"github.com/gantry-project/gantry/structs"
)

// New returns the AWS Certificate Manager API.
func New(c *certificates.Certificates) protocol.Service {
	frame := protocol.Frame[*call]{
		Open:      func(r *protocol.Request) *call { return &call{certificates: c, arns: r.ARNs()} },
		Authorize: (*call).authorize,
	}
	return protocol.Service{
		API: API,
		Codes: map[structs.Kind]string{
			structs.KindInvalidParameter:   "ValidationException",
			structs.KindUnsupportedFeature: "ValidationException",
		},
		Actions: map[string]protocol.Action{
			"AddTagsToCertificate":      protocol.Handle(frame, (*call).addTags),
			"DeleteCertificate":         protocol.Handle(frame, (*call).deleteCertificate),
			"DescribeCertificate":       protocol.Handle(frame, (*call).describeCertificate),
			"ExportCertificate":         protocol.Handle(frame, (*call).exportCertificate),
			"GetCertificate":            protocol.Handle(frame, (*call).getCertificate),
			"ImportCertificate":         protocol.Handle(frame, (*call).importCertificate),
			"ListCertificates":          protocol.Handle(frame, (*call).listCertificates),
			"ListTagsForCertificate":    protocol.Handle(frame, (*call).listTags),
			"RemoveTagsFromCertificate": protocol.Handle(frame, (*call).removeTags),
			"RenewCertificate":          protocol.Handle(frame, (*call).renewCertificate),
			"RequestCertificate":        protocol.Handle(frame, (*call).requestCertificate),
			"UpdateCertificateOptions":  protocol.Handle(frame, (*call).updateOptions),
		},
	}
}

// call is one request in an action.
type call struct {
	certificates *certificates.Certificates
	arns         protocol.ARNs
}

// none is an answer without members.
type none struct{}

// arn returns the ARN of a certificate.
func (c *call) arn(of *structs.Certificate) string { return c.arns.Of(of.Resource()) }

// find returns the certificate with an ARN. An error's ARN is the one that the caller gave.
func (c *call) find(ctx context.Context, arn string) (*structs.Certificate, error) {
	id, ok := structs.CertificateID(arn)
	if !ok || arn != c.arns.Of("certificate/"+id) {
		return nil, structs.Errorf(structs.KindInvalidARN, "'%s' is not the ARN of a certificate here; one looks like %s", arn, c.arns.Of("certificate/UUID"))
	}
	found, _, err := c.certificates.Find(ctx, arn)
	return found, err
}

// authorize asks whether the caller may carry out an action on the certificate that the request
// names.
func (c *call) authorize(ctx context.Context, r *protocol.Request, in any) error {
	if control.CallerOf(ctx) == nil {
		return nil
	}
	request := reflect.ValueOf(in).Elem()
	var tags []structs.Tag
	if field := request.FieldByName("Tags"); field.IsValid() {
		given, _ := field.Interface().([]Tag)
		tags = tagsOf(given)
	}
	arn := ""
	if field := request.FieldByName("CertificateArn"); field.IsValid() {
		arn = field.String()
	}
	if arn == "" { // of a list, or a new one
		return control.Authorize(ctx, r.Action(), control.Resource{ARN: c.arns.Of("certificate/*"), Keys: r.PolicyKeys(tags, nil, nil)})
	}
	of := control.Resource{ARN: arn}
	var own []structs.Tag
	if id, ok := structs.CertificateID(arn); ok {
		of.ARN = c.arns.Of("certificate/" + id)
		snap, err := c.certificates.Read(control.AllowStale(ctx))
		if err != nil {
			return err
		}
		own = snap.Tags(structs.CertificateKey(id))
	}
	of.Keys = r.PolicyKeys(tags, nil, own)
	return control.Authorize(ctx, r.Action(), of)
}

func tagsOf(in []Tag) (out []structs.Tag) {
	for _, t := range in {
		out = append(out, structs.Tag{Key: t.Key, Value: t.Value})
	}
	return out
}

// refuse refuses members of a request that Gantry does not have.
func refuse(member, why string, given bool) error {
	if !given {
		return nil
	}
	return structs.Errorf(structs.KindUnsupportedFeature, "%s is not supported: %s", member, why)
}
