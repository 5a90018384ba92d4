package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	goruntime "runtime"
	"time"

	"github.com/docker/docker/client"

	"github.com/gantry-project/gantry/agent/runtime"
)

// pauseImage is the image of pauses: the name has a digest of the program, so that another program
// is another image. Its archive is what docker save writes, which every engine and image store
// loads. The same program gives the same bytes.
type pauseImage struct {
	name    string
	archive []byte
}

// newPauseImage returns the image for a processor, by Go's name for it.
func newPauseImage(arch string) (pauseImage, error) {
	program, err := pauseProgram(arch)
	if err != nil {
		return pauseImage{}, err
	}
	layer, err := tarOf(file{"gantry-pause", 0o755, program})
	if err != nil {
		return pauseImage{}, err
	}
	digest := fmt.Sprintf("%x", sha256.Sum256(layer))
	name := runtime.PauseRepository + ":" + digest[:12]
	config, err := json.Marshal(map[string]any{
		"architecture": arch, "os": "linux", "created": time.Unix(0, 0).UTC(),
		"config": map[string]any{
			"Entrypoint": []string{"/gantry-pause"}, "Labels": map[string]string{runtime.LabelRole: runtime.RolePause},
		},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + digest}},
		"history": []map[string]any{{"created": time.Unix(0, 0).UTC(), "created_by": "gantry"}},
	})
	if err != nil {
		return pauseImage{}, err
	}
	configName := fmt.Sprintf("%x.json", sha256.Sum256(config))
	manifest, err := json.Marshal([]map[string]any{
		{"Config": configName, "RepoTags": []string{name}, "Layers": []string{digest + "/layer.tar"}},
	})
	if err != nil {
		return pauseImage{}, err
	}
	archive, err := tarOf(file{configName, 0o644, config}, file{digest + "/layer.tar", 0o644, layer}, file{"manifest.json", 0o644, manifest})
	return pauseImage{name, archive}, err
}

type file struct {
	name    string
	mode    int64
	content []byte
}

func tarOf(files ...file) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range files {
		header := tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.content)), ModTime: time.Unix(0, 0), Typeflag: tar.TypeReg}
		if err := w.WriteHeader(&header); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), w.Close()
}

// loadPauseImage gives the engine the image of pauses. The engine is on this machine, and so has
// its processor.
func (e *Engine) loadPauseImage(ctx context.Context) error {
	image, err := newPauseImage(goruntime.GOARCH)
	if err != nil {
		return err
	}
	answer, err := e.api.ImageLoad(ctx, bytes.NewReader(image.archive), client.ImageLoadWithQuiet(true))
	if err != nil {
		return fmt.Errorf("load image %s: %w", image.name, err)
	}
	// errors come in the answer's body, which also says when the image is there
	said, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return fmt.Errorf("load image %s: %w", image.name, err)
	}
	e.log.Info("loaded the image of pauses", "image", image.name, "engine", string(bytes.TrimSpace(said)))
	return nil
}
