package control

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/gantry-project/gantry/structs"
)

const (
	// resumeWait is how long a server looks for an agent that has lost its connection: it may be on
	// its way from a server that died to another.
	resumeWait  = 10 * time.Second
	resumePause = 250 * time.Millisecond
)

// ResumeExec returns a new token for a session whose connection was lost. The token is empty if the
// session has ended, or is another caller's.
func (c *Control) ResumeExec(ctx context.Context, session string) (token string, err error) {
	task := c.config.Store.Snapshot().Task(structs.TaskOfExecSession(session))
	if task == nil || task.Instance == "" {
		return "", nil
	}
	found, ok, err := c.findExec(ctx, task.Instance, session)
	if err != nil || !ok || found.Who != callerARN(ctx) {
		return "", err
	}
	return c.sealTicket(structs.ExecTicket{
		Session: session, Instance: task.Instance, Task: task.ID, Who: found.Who, Resumes: true,
	})
}

// findExec asks the agent of an instance for a session. It waits a little for the agent; without
// one, the session is lost.
func (c *Control) findExec(ctx context.Context, instance, session string) (found structs.ExecSessionState, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, resumeWait)
	defer cancel()
	for {
		resp, err := c.callExec(ctx, instance, "/exec/find", session)
		if err == nil {
			defer resp.Body.Close()
			err = json.NewDecoder(resp.Body).Decode(&found)
			return found, resp.StatusCode == http.StatusOK && err == nil, nil
		}
		if structs.KindOf(err) != structs.KindUnavailable {
			return found, false, err
		}
		select {
		case <-ctx.Done():
			return found, false, nil
		case <-time.After(resumePause):
		}
	}
}

// EndExec ends a session, its command too. One that has ended is left as it is. Another caller's
// session needs the permission ssm:TerminateSession on it, by its ARN.
func (c *Control) EndExec(ctx context.Context, session, arn string) error {
	task := c.config.Store.Snapshot().Task(structs.TaskOfExecSession(session))
	if task == nil || task.Instance == "" {
		return nil
	}
	found, ok, err := c.findExec(ctx, task.Instance, session)
	if err != nil || !ok {
		return err
	}
	if found.Who != callerARN(ctx) {
		if err := Authorize(ctx, "ssm:TerminateSession", Resource{ARN: arn}); err != nil {
			return err
		}
	}
	resp, err := c.callExec(ctx, task.Instance, "/exec/end", session)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// callExec calls an agent about a session.
func (c *Control) callExec(ctx context.Context, instance, path, session string) (*http.Response, error) {
	body, err := json.Marshal(structs.ExecSessionState{Session: session})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return c.CallAgent(instance, r)
}
