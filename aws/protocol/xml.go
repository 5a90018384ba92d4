package protocol

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"reflect"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// xmlWriter writes the shapes of Query's answers. Unlike encoding/xml it writes empty lists, which
// clients tell from absent ones.
type xmlWriter struct{ b bytes.Buffer }

func newXML() *xmlWriter {
	x := &xmlWriter{}
	x.b.WriteString(xml.Header)
	return x
}

func (x *xmlWriter) bytes() ([]byte, error) { return x.b.Bytes(), nil }

func (x *xmlWriter) open(name, namespace string) {
	x.b.WriteString("<" + name)
	if namespace != "" {
		x.b.WriteString(` xmlns="` + namespace + `"`)
	}
	x.b.WriteString(">")
}

func (x *xmlWriter) close(name string) { x.b.WriteString("</" + name + ">") }

func (x *xmlWriter) text(name, value string) {
	x.open(name, "")
	_ = xml.EscapeText(&x.b, []byte(value)) // a buffer takes everything
	x.close(name)
}

// element writes a value under a name.
func (x *xmlWriter) element(name string, value any) { x.value(name, "", reflect.ValueOf(value)) }

// members writes the fields of a struct that are set, or that are always written.
func (x *xmlWriter) members(v reflect.Value) {
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		if name, item, _ := strings.Cut(tag.Get("query"), ">"); !v.Field(i).IsZero() || tag.Get("xml") == "always" {
			x.value(name, item, v.Field(i))
		}
	}
}

func (x *xmlWriter) value(name, item string, v reflect.Value) {
	v = reflect.Indirect(v)
	if at, ok := v.Interface().(structs.Time); ok {
		x.text(name, at.Std().UTC().Format("2006-01-02T15:04:05.000Z"))
		return
	}
	switch {
	case v.Kind() == reflect.Struct:
		x.open(name, "")
		x.members(v)
		x.close(name)
	case v.Kind() == reflect.Slice && item == "":
		for i := range v.Len() {
			x.value(name, "", v.Index(i))
		}
	case v.Kind() == reflect.Slice:
		x.open(name, "")
		for i := range v.Len() {
			x.value(item, "", v.Index(i))
		}
		x.close(name)
	default:
		x.text(name, fmt.Sprint(v.Interface()))
	}
}
