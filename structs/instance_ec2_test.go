package structs

import "testing"

func TestEC2ID(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef"
	for name, want := range map[string]string{
		"host-1":              "i-f0123456789abcdef",
		"":                    "i-f0123456789abcdef",
		"i-web":               "i-f0123456789abcdef", // a host name
		"i-":                  "i-f0123456789abcdef",
		"i-1":                 "i-1", // from an identity document
		"i-0a1b2c3d4e5f60718": "i-0a1b2c3d4e5f60718",
	} {
		if got := (&ContainerInstance{ID: id, Name: name}).EC2ID(); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
	if got := (&ContainerInstance{ID: "0a"}).EC2ID(); got != "i-0a" {
		t.Errorf("a short id: %s", got)
	}
}
