package protocol

import (
	"net/http"
	"strings"
)

// formCodes maps the codes of JSON services for refused credentials to those of Query services.
// SDKs act on the codes: for example, they correct their clocks and try again.
var formCodes = map[string]string{
	"AccessDeniedException":               "AccessDenied",
	"ExpiredTokenException":               "ExpiredToken",
	"IncompleteSignatureException":        "IncompleteSignature",
	"InvalidSignatureException":           "SignatureDoesNotMatch",
	"MissingAuthenticationTokenException": "MissingAuthenticationToken",
	"ServiceUnavailableException":         "ServiceUnavailable",
	"UnrecognizedClientException":         "InvalidClientTokenId",
}

// Refuse answers a request that does not reach a service, in the protocol of its caller. The code
// is that of a JSON service.
func Refuse(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	p := protocolOf(r)
	e := &Error{Status: status, Code: code, Message: message}
	if _, isJSON := p.(JSON); !isJSON && status < http.StatusInternalServerError {
		e.Status = http.StatusForbidden
	}
	if strings.HasPrefix(p.contentType(), "text/xml") {
		if own, ok := formCodes[code]; ok {
			e.Code = own
		}
	}
	sendError(w, p, e, newRequestID())
}

// Unavailable answers a request that no server can take at the moment, in the protocol of its
// caller. SDKs try again.
func Unavailable(w http.ResponseWriter, r *http.Request, message string) {
	p := protocolOf(r)
	sendError(w, p, &Error{Status: http.StatusServiceUnavailable, Code: p.faults().unavailable, Message: message}, newRequestID())
}
