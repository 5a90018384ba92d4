package docker

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/agent/runtime"
)

// pulling returns an engine whose pulls answer with a text.
func pulling(text string) *Engine {
	return newFakeEngine(&fakeAPI{pull: func(context.Context, string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(text)), nil
	}})
}

func pull(e *Engine, name string) error {
	return e.PullImage(context.Background(), name, runtime.Login{}, func(runtime.PullProgress) {})
}

func TestPullReportsErrorInStream(t *testing.T) {
	e := pulling(`{"status":"Pulling"}` + "\n" + `{"errorDetail":{"message":"manifest unknown"},"error":"manifest unknown"}` + "\n")
	WantRuntimeError(t, pull(e, "nope:1"), cannotPull, "pull image docker.io/library/nope:1", "manifest unknown")
}

func TestFullDiskIsSaid(t *testing.T) {
	e := pulling(`{"error":"failed to register layer: write /x: no space left on device"}`)
	err := pull(e, "big:1")
	WantRuntimeError(t, err, cannotPull, "The disk of the container engine is full", "--image-cleanup-disk")
	if failed, _ := errors.AsType[*runtime.Error](err); failed.Transient {
		t.Error("a pull onto a full disk is tried again")
	}
}

// A pull that breaks off is no refusal: an engine that ends in the middle of it has not said that
// the image cannot be had.
func TestCutPullIsNoRefusal(t *testing.T) {
	err := pull(pulling(`{"status":"Pul`), "nope:1")
	if _, refused := errors.AsType[*runtime.Error](err); err == nil || refused {
		t.Errorf("got %v, want an error that is not a refusal", err)
	}
}

func TestPullRefusesBadReference(t *testing.T) {
	for _, name := range []string{"", "app/UPPER", "a b", "x:y:z"} {
		WantRuntimeError(t, pull(newFakeEngine(&fakeAPI{}), name), cannotPull, `"`+name+`"`)
	}
}

// The progress is that of all layers that the engine spoke of so far.
func TestPullProgress(t *testing.T) {
	e := pulling(`{"status":"Pulling from app","id":"1"}
{"status":"Pulling fs layer","id":"a"}
{"status":"Already exists","id":"c"}
{"status":"Downloading","id":"a","progressDetail":{"current":10,"total":100}}
{"status":"Downloading","id":"b","progressDetail":{"current":5,"total":50}}
{"status":"Download complete","id":"a"}
{"status":"Extracting","id":"a","progressDetail":{"current":1,"total":900}}
{"status":"Pull complete","id":"b"}
`)
	var got []runtime.PullProgress
	if err := e.PullImage(t.Context(), "app:1", runtime.Login{}, func(p runtime.PullProgress) { got = append(got, p) }); err != nil {
		t.Fatal(err)
	}
	want := []runtime.PullProgress{{}, {}, {}, {Done: 10, Total: 100}, {Done: 15, Total: 150}, {Done: 105, Total: 150}, {Done: 105, Total: 150}, {Done: 150, Total: 150}}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}
