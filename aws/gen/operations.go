package main

import (
	"cmp"
	"fmt"
)

// memberNames returns the names that members of any shape have, sorted.
func (m *model) memberNames() []string {
	names := map[string]bool{}
	for _, s := range m.Shapes {
		for name := range s.Members {
			names[name] = true
		}
	}
	return sortedKeys(names)
}

func (g *generator) operationsFile() []byte {
	b := header(g.pkg)
	b.WriteString("import \"github.com/gantry-project/gantry/aws/protocol\"\n\n")
	m := g.model.Metadata
	fmt.Fprintf(b, "// API describes %s.\nvar API = protocol.API{\n", m.ServiceFullName)
	for _, field := range []struct{ name, text string }{
		{"Name", cmp.Or(m.ServiceAbbreviation, m.ServiceFullName)}, {"SigningName", cmp.Or(m.SigningName, m.EndpointPrefix)},
		{"TargetPrefix", m.TargetPrefix}, {"Version", m.APIVersion}, {"Namespace", m.XMLNamespace}, {"ErrorSuffix", g.errorSuffix},
	} {
		if field.text != "" {
			fmt.Fprintf(b, "%s: %q,\n", field.name, field.text)
		}
	}
	fmt.Fprintf(b, "Protocol: %s,\nOperations: map[string]bool{\n", g.model.protocolSource())
	for _, name := range sortedKeys(g.model.Operations) {
		fmt.Fprintf(b, "%q: true,\n", name)
	}
	b.WriteString("},\n")
	if m.Protocol == "json" {
		b.WriteString("Members: map[string]bool{\n")
		for _, name := range g.model.memberNames() {
			fmt.Fprintf(b, "%q: true,\n", name)
		}
		b.WriteString("},\n")
	}
	if m.Protocol == "rest-json" {
		b.WriteString("Routes: map[string]string{\n")
		for _, name := range sortedKeys(g.model.Operations) {
			http := g.model.Operations[name].HTTP
			fmt.Fprintf(b, "%q: %q,\n", name, http.Method+" "+http.RequestURI)
		}
		b.WriteString("},\n")
	}
	b.WriteString("}\n")
	return b.Bytes()
}
