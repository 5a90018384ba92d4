package main

import (
	"encoding/json"
	"reflect"
	"testing"
)

// An old model, in which wall was required and red was the only color, becomes what the SDK in
// testdata has.
func TestMerge(t *testing.T) {
	const old = `{
		"operations": {"Clean": {"name": "Clean"}},
		"shapes": {
			"String": {"type": "string", "pattern": "kept"},
			"Colour": {"type": "string", "enum": ["red"]},
			"PaintRequest": {"type": "structure", "members": {"wall": {"shape": "String"}}, "required": ["wall"]}
		}
	}`
	const want = `{
		"operations": {
			"Clean": {"name": "Clean"},
			"Paint": {"name": "Paint", "http": {"method": "POST", "requestUri": "/"},
				"input": {"shape": "PaintRequest"}, "output": {"shape": "PaintResponse"}}
		},
		"shapes": {
			"String": {"type": "string", "pattern": "kept"},
			"Integer": {"type": "integer"},
			"Colour": {"type": "string", "enum": ["red", "blue"]},
			"PaintRequest": {"type": "structure", "required": ["colour"], "members": {
				"wall": {"shape": "String"}, "colour": {"shape": "Colour"}, "coats": {"shape": "Integer", "box": true}}},
			"PaintResponse": {"type": "structure", "members": {}}
		}
	}`
	newer, err := readSDK("testdata/sdk")
	if err != nil {
		t.Fatal(err)
	}
	model := read(t, []byte(old))
	merge(model, newer)
	raw, err := json.Marshal(model)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(read(t, raw), read(t, []byte(want))) {
		t.Errorf("got %s\nwant %s", raw, want)
	}
}

func read(t *testing.T, raw []byte) (out map[string]any) {
	t.Helper()
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
