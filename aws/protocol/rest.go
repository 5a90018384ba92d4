package protocol

import (
	"net/http"
	"reflect"
	"strconv"
)

// RESTJSON is the protocol of services whose operations are methods and paths, with JSON in and
// out. Fields of its shapes that are not in the body have a tag that says where they are: `uri`,
// `querystring` or `header`, with the name there.
type RESTJSON struct{}

func (RESTJSON) contentType() string { return "application/json" }

func (RESTJSON) faults() faults {
	return faults{
		unknown: "UnknownOperationException", unknownStatus: http.StatusNotFound, malformed: "SerializationException",
		tooLarge: "RequestEntityTooLargeException", internal: "InternalServerException", unavailable: "ServiceUnavailableException",
	}
}

func (p RESTJSON) decode(r *Request, into any) error {
	if err := decodeJSON(r.Body, into); err != nil {
		return err
	}
	v := reflect.ValueOf(into).Elem()
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		var values []string
		switch {
		case tag.Get("uri") != "":
			values = []string{r.labels[tag.Get("uri")]}
		case tag.Get("querystring") != "":
			values = r.query[tag.Get("querystring")]
		case tag.Get("header") != "":
			values = r.header.Values(tag.Get("header"))
		}
		if len(values) == 0 {
			continue
		}
		if err := p.set(v.Type().Field(i).Name, values, v.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

// set sets a member that is not in the body.
func (p RESTJSON) set(name string, values []string, into reflect.Value) error {
	var err error
	switch into.Kind() {
	case reflect.Slice:
		into.Set(reflect.ValueOf(values))
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		return p.set(name, values, into.Elem())
	case reflect.Bool:
		var v bool
		v, err = strconv.ParseBool(values[0])
		into.SetBool(v)
	case reflect.Int32, reflect.Int64:
		var v int64
		v, err = strconv.ParseInt(values[0], 10, into.Type().Bits())
		into.SetInt(v)
	default:
		into.SetString(values[0])
	}
	if err != nil {
		return malformed(p, name+": '"+values[0]+"' is not "+expected(into.Type()))
	}
	return nil
}

func (RESTJSON) encode(_ *Request, response any) ([]byte, error) { return encodeJSON(response) }

func (RESTJSON) encodeError(header http.Header, e *Error, _ string) ([]byte, error) {
	header.Set("x-amzn-errortype", e.Code)
	return encodeJSON(struct {
		Message string `json:"Message"`
	}{e.Message})
}
