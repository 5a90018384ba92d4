package images

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// pins are the digests that servers decided on, so that each image of a deployment is proposed once
// however many of its tasks start here. It is safe for concurrent use.
type pins struct {
	mu   sync.Mutex
	list []onePin // oldest first, at most mostPins
}

// mostPins is how many pins are remembered. A task that starts later gets its digest with its
// assignment.
const mostPins = 1000

// onePin is the digest of an image of a deployment.
type onePin struct{ deployment, image, digest string }

func (p *pins) get(deployment, image string) (digest string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.list {
		if one.deployment == deployment && one.image == image {
			return one.digest
		}
	}
	return ""
}

func (p *pins) put(one onePin) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.list) == mostPins {
		p.list = slices.Delete(p.list, 0, 1)
	}
	p.list = append(p.list, one)
}

// digestOf returns the digest that a task must run; empty: none is decided on. That is so for tasks
// without a deployment, for names that have a digest already, and for images that no registry has.
// Tasks that ask at the same time share the answer.
func (i *Images) digestOf(ctx context.Context, w Want, login runtime.Login) (string, error) {
	if w.Digest != "" || w.Deployment == "" || strings.Contains(w.Image, "@") {
		return w.Digest, nil
	}
	p := pull{Want: w, Login: login, exact: w.Image}
	return i.shared.ask(ctx, w.Deployment+" "+p.key(), func(ctx context.Context) (string, error) {
		if digest := i.pins.get(w.Deployment, w.Image); digest != "" {
			return digest, nil
		}
		digest, err := i.resolve(ctx, p)
		if err != nil || digest == "" {
			return "", err
		}
		if digest, err = i.propose(ctx, w, digest); digest != "" {
			i.pins.put(onePin{w.Deployment, w.Image, digest})
		}
		return digest, err
	})
}

// resolve returns the digest that a tag means now; empty if no registry has the image but the
// engine does.
func (i *Images) resolve(ctx context.Context, p pull) (digest string, err error) {
	local, present, err := i.parts.Engine.InspectImage(ctx, p.Image)
	if err != nil {
		return "", err
	}
	behavior := i.cfg.Behavior
	known := digestsOf(local, p.Image)
	switch {
	case present && behavior != Always && len(local.Digests) == 0: // it was built here
		return "", nil
	case present && len(known) > 0 && i.record.has(p.Image) && (behavior == PreferCached || behavior == Once):
		return known[0], nil
	case present && behavior == PreferCached:
		return "", nil
	case present && behavior != Always:
		digest, err = i.askQuickly(ctx, p, true)
		if err != nil && ctx.Err() == nil { // the present image serves
			return "", nil
		}
		return digest, err
	}
	err = retry(ctx, func() error {
		asking, cancel := context.WithTimeoutCause(ctx, i.cfg.PullTimeout, errSilent)
		defer cancel()
		digest, err = i.ask(asking, p)
		if err != nil && ctx.Err() == nil && asking.Err() != nil {
			return &runtime.Error{Name: cannotPull, Transient: true,
				Reason: "ask for image " + p.Image + ": the registry has not answered for " + i.cfg.PullTimeout.String()}
		}
		return err
	})
	return digest, err
}

var errSilent = errors.New("the registry does not answer")

// propose proposes a digest to the servers, and returns the one that was proposed first. Servers
// refuse if the deployment or the task is gone.
func (i *Images) propose(ctx context.Context, w Want, digest string) (string, error) {
	proposal := make([]structs.PinnedImage, len(w.Containers))
	for n, name := range w.Containers {
		proposal[n] = structs.PinnedImage{Container: name, Digest: digest}
	}
	pinned, err := i.parts.Pin(ctx, w.Deployment, proposal)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	at := slices.IndexFunc(pinned, func(p structs.PinnedImage) bool { return p.Container == w.Containers[0] })
	if err != nil || at < 0 {
		i.log.Warn("the servers do not decide on the digest of an image; its tag holds", "image", w.Image, "deployment", w.Deployment, "error", err)
		return "", nil
	}
	return pinned[at].Digest, nil
}
