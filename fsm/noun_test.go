package fsm

import (
	"bytes"
	"cmp"
	"context"
	"log/slog"
	"reflect"
	"slices"
	"testing"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// widget is a noun that only this file knows. It proves that a declaration is all that the store,
// snapshots, their restore, their content check and the feed need.
type widget struct {
	ID    string `cbor:"1,keyasint"`
	Owner string `cbor:"2,keyasint"`
}

var widgets = state.Declare(state.Declaration[widget]{
	Table: 255, Name: "widgets",
	Less: func(a, b *widget) bool { return a.ID < b.ID },
	Indexes: []state.Index[widget]{{
		Of:   func(w *widget) string { return w.Owner },
		Less: func(a, b *widget) bool { return cmp.Or(cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.ID, b.ID)) < 0 },
	}},
})

// nounHarness writes rows of nouns and follows the changes.
type nounHarness struct {
	*testing.T
	fsm      *FSM
	follower *state.Follower
}

func newNounHarness(t *testing.T) *nounHarness {
	store := state.NewOf(append(state.Nouns(), widgets))
	return &nounHarness{t, New(Config{Store: store, Logger: slog.New(slog.DiscardHandler)}), store.Follow(0)}
}

// change runs a transaction with one change, and checks that followers get one event of it.
func (h *nounHarness) change(want state.Event, change func(*state.Tx)) {
	h.Helper()
	want.Index = h.fsm.store.Snapshot().Index() + 1
	err := h.fsm.store.Update(want.Index, func(tx *state.Tx) error { change(tx); return nil })
	if err != nil {
		h.Fatal(err)
	}
	ctx, cancel := context.WithCancel(h.Context())
	cancel() // what was published is there at once
	events, err := h.follower.Next(ctx)
	if err != nil || len(events) != 1 || events[0] != want {
		h.Fatalf("events %+v (%v), want %+v", events, err, want)
	}
}

// TestEveryNoun takes a row of each declared noun through its life. A new noun needs no line here.
func TestEveryNoun(t *testing.T) {
	for _, noun := range append(state.Nouns(), widgets) {
		t.Run(noun.Name(), func(t *testing.T) {
			h := newNounHarness(t)
			first, second := noun.NewRow(), noun.NewRow()
			fill(reflect.ValueOf(first).Elem())
			fill(reflect.ValueOf(second).Elem())
			h.change(state.Event{Noun: noun, Row: first}, func(tx *state.Tx) { noun.Put(tx, first) })
			h.change(state.Event{Noun: noun, Row: second, Before: first}, func(tx *state.Tx) { noun.Put(tx, second) })

			saved := persist(t, h.fsm)
			h.change(state.Event{Noun: noun, Row: second, Before: second, Removed: true},
				func(tx *state.Tx) { noun.Remove(tx, first) })
			if rows := slices.Collect(noun.All(h.fsm.store.Snapshot())); len(rows) != 0 {
				t.Errorf("rows %v after the removal", rows)
			}
			_, content, err := readContent(bytes.NewReader(saved), h.fsm.store.Snapshot().Nouns())
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(content, structs.RowCount{Noun: noun.Name(), Count: 1}) {
				t.Errorf("the snapshot has %v", content)
			}
			if err := restore(h.fsm, saved); err != nil {
				t.Fatal(err)
			}
			rows := slices.Collect(noun.All(h.fsm.store.Snapshot()))
			if len(rows) != 1 || !reflect.DeepEqual(rows[0], second) {
				t.Errorf("restored %+v, want %+v", rows, second)
			}
			if again := persist(t, h.fsm); !bytes.Equal(saved, again) {
				t.Error("the restored state has another snapshot")
			}
			if _, err := h.follower.Next(t.Context()); err != state.ErrFellBehind {
				t.Errorf("after a restore, a follower is told %v", err)
			}
		})
	}
}

// fill sets every text and number in a row to a value.
func fill(row reflect.Value) {
	for i := range row.NumField() {
		switch field := row.Field(i); field.Kind() {
		case reflect.String:
			field.SetString(row.Type().Field(i).Name)
		case reflect.Int, reflect.Int32, reflect.Int64:
			field.SetInt(7)
		case reflect.Uint64:
			field.SetUint(7)
		case reflect.Bool:
			field.SetBool(true)
		case reflect.Struct:
			fill(field)
		}
	}
}

// TestDeclarations checks that no two nouns share a table number or name.
func TestDeclarations(t *testing.T) {
	names, numbers := map[string]bool{}, map[byte]bool{tableEnd: true}
	for _, noun := range state.Nouns() {
		if names[noun.Name()] || numbers[noun.Table()] {
			t.Errorf("%s: its name, or its table %d, is taken", noun.Name(), noun.Table())
		}
		names[noun.Name()], numbers[noun.Table()] = true, true
	}
}
