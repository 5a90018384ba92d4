package protocol

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/gantry-project/gantry/structs"
)

const formContentType = "application/x-www-form-urlencoded"

// Query is the protocol of AWS's older services: a form in, XML out.
//
// The fields of its shapes have a tag: `query:"NAME"`, for a list `query:"NAME>ITEM"`, where ITEM
// is the name of the list's members. A list without ITEM is flat.
type Query struct{}

func (Query) contentType() string { return "text/xml" }

func (Query) faults() faults {
	return faults{
		unknown: "InvalidAction", unknownStatus: http.StatusBadRequest, malformed: "MalformedInput", tooLarge: "RequestEntityTooLarge",
		internal: "InternalFailure", unavailable: "ServiceUnavailable",
	}
}

func (p Query) decode(r *Request, into any) error {
	return decodeForm(p, r.form, into)
}

func (Query) encode(r *Request, response any) ([]byte, error) {
	x := newXML()
	x.open(r.Operation+"Response", r.Service.Namespace)
	x.element(r.Operation+"Result", response)
	x.open("ResponseMetadata", "")
	x.text("RequestId", r.ID)
	x.close("ResponseMetadata")
	x.close(r.Operation + "Response")
	return x.bytes()
}

func (Query) encodeError(_ http.Header, e *Error, requestID string) ([]byte, error) {
	type fault struct{ Type, Code, Message string }
	kind := "Sender"
	if e.Status >= http.StatusInternalServerError {
		kind = "Receiver"
	}
	return marshalXML(struct {
		XMLName   xml.Name `xml:"ErrorResponse"`
		Error     fault
		RequestID string `xml:"RequestId"`
	}{Error: fault{kind, e.Code, e.Message}, RequestID: requestID})
}

// EC2 is Query as only EC2 speaks it: all lists of a request are flat, names in it begin with a
// capital, and the request id is in the answer itself.
type EC2 struct{ Query }

func (EC2) faults() faults {
	return faults{
		unknown: "InvalidAction", unknownStatus: http.StatusBadRequest, malformed: "InvalidParameterValue", tooLarge: "RequestEntityTooLarge",
		internal: "InternalError", unavailable: "Unavailable",
	}
}

func (p EC2) decode(r *Request, into any) error {
	return decodeForm(p, r.form, into)
}

func (EC2) encode(r *Request, response any) ([]byte, error) {
	x := newXML()
	x.open(r.Operation+"Response", r.Service.Namespace)
	x.text("requestId", r.ID)
	x.members(reflect.Indirect(reflect.ValueOf(response)))
	x.close(r.Operation + "Response")
	return x.bytes()
}

func (EC2) encodeError(_ http.Header, e *Error, requestID string) ([]byte, error) {
	type fault struct{ Code, Message string }
	return marshalXML(struct {
		XMLName   xml.Name `xml:"Response"`
		Error     fault    `xml:"Errors>Error"`
		RequestID string
	}{Error: fault{e.Code, e.Message}, RequestID: requestID})
}

func marshalXML(v any) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	err := xml.NewEncoder(&b).Encode(v)
	return b.Bytes(), err
}

// branch is a part of a form: the value of a name, and the names below it ("Filter.1.Name" is below
// "Filter.1", which is below "Filter").
type branch struct {
	value string
	below map[string]*branch
}

// maxDepth is the most parts of a name in a form. No model comes near it.
const maxDepth = 32

// decodeForm reads a form into a struct.
func decodeForm(p Protocol, form url.Values, into any) error {
	root := &branch{below: map[string]*branch{}}
	for name, values := range form {
		b := root
		if strings.Count(name, ".") >= maxDepth {
			return malformed(p, "the name of a parameter has too many parts: "+name[:maxDepth])
		}
		for part := range strings.SplitSeq(name, ".") {
			if b.below[part] == nil {
				b.below[part] = &branch{below: map[string]*branch{}}
			}
			b = b.below[part]
		}
		b.value = values[0]
	}
	_, flat := p.(EC2)
	return (&formReader{p, flat}).structure("", root, reflect.ValueOf(into).Elem())
}

type formReader struct {
	protocol Protocol
	flat     bool // as EC2
}

func (f *formReader) structure(path string, from *branch, into reflect.Value) error {
	for i := range into.NumField() {
		name, item, _ := strings.Cut(into.Type().Field(i).Tag.Get("query"), ">")
		if f.flat {
			name, item = strings.ToUpper(name[:1])+name[1:], ""
		}
		b := from.below[name]
		if b == nil {
			continue
		}
		place := strings.TrimPrefix(path+"."+name, ".")
		if item != "" {
			place += "." + item
			if b = b.below[item]; b == nil {
				b = &branch{} // an empty list is only its name
			}
		}
		if err := f.value(place, b, into.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

func (f *formReader) value(path string, from *branch, into reflect.Value) error {
	var err error
	switch into.Interface().(type) {
	case structs.Time:
		var at time.Time
		if at, err = time.Parse(time.RFC3339, from.value); err == nil {
			into.SetInt(at.UnixMilli())
		}
		return f.explain(path, from, "a time, such as 2026-11-21T12:00:00Z", err)
	}
	switch into.Kind() {
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		return f.value(path, from, into.Elem())
	case reflect.Struct:
		return f.structure(path, from, into)
	case reflect.Slice:
		into.Set(reflect.MakeSlice(into.Type(), 0, len(from.below)))
		for n := 1; from.below[strconv.Itoa(n)] != nil; n++ {
			item := reflect.New(into.Type().Elem()).Elem()
			if err := f.value(path+"."+strconv.Itoa(n), from.below[strconv.Itoa(n)], item); err != nil {
				return err
			}
			into.Set(reflect.Append(into, item))
		}
		return nil
	case reflect.String:
		into.SetString(from.value)
		return nil
	case reflect.Bool:
		into.SetBool(from.value == "true")
		if from.value != "true" && from.value != "false" {
			err = strconv.ErrSyntax
		}
		return f.explain(path, from, "true or false", err)
	case reflect.Float64:
		var v float64
		v, err = strconv.ParseFloat(from.value, 64)
		into.SetFloat(v)
		return f.explain(path, from, "a number", err)
	}
	v, err := strconv.ParseInt(from.value, 10, into.Type().Bits())
	into.SetInt(v)
	return f.explain(path, from, "an integer", err)
}

func (f *formReader) explain(path string, from *branch, want string, err error) error {
	if err == nil {
		return nil
	}
	return malformed(f.protocol, fmt.Sprintf("Value (%.100s) for parameter %s is invalid. Expected %s.", from.value, path, want))
}
