package metadata

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gantry-project/gantry/agent/credentials"
	"github.com/gantry-project/gantry/security/sigv4"
	"github.com/gantry-project/gantry/structs"
)

// protectionPath is below ECS_AGENT_URI.
const protectionPath = "task-protection/v1/state"

// protectionTimeout is how long a server may take (ECS's agent waits four seconds).
const protectionTimeout = 4 * time.Second

// protectionRequest is what a task asks for.
type protectionRequest struct {
	ProtectionEnabled *bool
	ExpiresInMinutes  *int64
}

// The answers of ECS's agent: one member each, in lower case, with members in capitals inside.
type (
	protectionAnswer struct {
		Protection *protectedTask     `json:"protection,omitzero"`
		Failure    *protectionFailure `json:"failure,omitzero"`
		RequestID  string             `json:"requestID,omitzero"`
		Error      *protectionError   `json:"error,omitzero"`
	}
	protectedTask struct {
		ExpirationDate    *string
		ProtectionEnabled bool
		TaskArn           string
	}
	protectionFailure struct {
		Arn    string
		Detail *string
		Reason string
	}
	protectionError struct{ Arn, Code, Message string }
)

// protection answers GET and PUT of the protection of a task, which it asks the servers under the
// task's role (ECS).
func (m *Metadata) protection(w http.ResponseWriter, r *http.Request, t subject) {
	arn := m.arn(structs.TaskKey(t.Task.Cluster, t.Task.ID))
	refuse := func(status int, code, message string) {
		reply(w, status, protectionAnswer{Error: &protectionError{arn, code, message}})
	}
	operation, call, err := protectionCall(r)
	if err != nil {
		refuse(http.StatusBadRequest, "InvalidParameterException", err.Error())
		return
	}
	call["cluster"], call["tasks"] = t.Task.Cluster, []string{arn}
	if !hasRole(t.Assignment) {
		refuse(http.StatusForbidden, "AccessDeniedException", "Invalid Request: no task IAM role credentials available for task")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), protectionTimeout)
	defer cancel()
	keys, err := m.keys.Get(ctx, t.Task.ID)
	switch {
	case err != nil:
		refuse(http.StatusServiceUnavailable, "ServerException", err.Error())
		return
	case keys.AWS:
		refuse(http.StatusForbidden, "AccessDeniedException",
			"the task's role has keys of AWS, with which Gantry cannot be called; give the task a role of Gantry's own")
		return
	}
	response, err := m.call(ctx, keys, operation, call)
	if err != nil {
		refuse(http.StatusGatewayTimeout, "RequestCanceled", "Timed out calling ECS Task Protection API: "+err.Error())
		return
	}
	defer response.Body.Close()
	status, answer := protectionOf(response, arn)
	reply(w, status, answer)
}

// protectionCall returns the operation of the ECS API that a request means, and its parameters.
func protectionCall(r *http.Request) (operation string, call map[string]any, err error) {
	call = map[string]any{}
	switch r.Method {
	case http.MethodGet:
		return "GetTaskProtection", call, nil
	case http.MethodPut:
	default:
		return "", nil, errors.New("use GET or PUT")
	}
	var in protectionRequest
	strict := json.NewDecoder(io.LimitReader(r.Body, 64<<10))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&in); err != nil {
		return "", nil, fmt.Errorf("UpdateTaskProtection: failed to decode request: %w", err)
	}
	if in.ProtectionEnabled == nil {
		return "", nil, errNoProtection
	}
	call["protectionEnabled"] = *in.ProtectionEnabled
	if in.ExpiresInMinutes != nil && *in.ProtectionEnabled {
		call["expiresInMinutes"] = *in.ExpiresInMinutes
	}
	return "UpdateTaskProtection", call, nil
}

// errNoProtection is in ECS's words.
var errNoProtection = ecsError("Invalid request: does not contain 'ProtectionEnabled' field")

// ecsError is an error with ECS's text, which begins with a capital letter.
type ecsError string

func (e ecsError) Error() string { return string(e) }

// call calls an operation of the ECS API with keys of a role.
func (m *Metadata) call(ctx context.Context, keys credentials.Keys, operation string, in any) (*http.Response, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AmazonEC2ContainerServiceV20141113."+operation)
	request.Header.Set("X-Amz-Security-Token", keys.Token)
	sigv4.Sign(request, body, keys.AccessKeyID, keys.SecretAccessKey, m.cfg.Region, "ecs", time.Now())
	return m.cfg.Servers.Forward(request)
}

// protectionOf translates the answer of the ECS API.
func protectionOf(response *http.Response, arn string) (status int, out protectionAnswer) {
	var in struct {
		ProtectedTasks []struct {
			TaskArn           string
			ProtectionEnabled bool
			ExpirationDate    *float64 // seconds since 1970
		} `json:"protectedTasks"`
		Failures []struct {
			Arn, Reason string
			Detail      *string
		} `json:"failures"`
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	request := response.Header.Get("X-Amzn-Requestid")
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err == nil {
		err = json.Unmarshal(text, &in)
	}
	switch {
	case err != nil:
		return http.StatusInternalServerError, protectionAnswer{RequestID: request, Error: &protectionError{arn, "ServerException", err.Error()}}
	case response.StatusCode != http.StatusOK:
		code := in.Type[strings.LastIndex(in.Type, "#")+1:]
		return response.StatusCode, protectionAnswer{RequestID: request, Error: &protectionError{arn, code, in.Message}}
	case len(in.Failures) > 0:
		f := in.Failures[0]
		return http.StatusOK, protectionAnswer{Failure: &protectionFailure{f.Arn, f.Detail, f.Reason}}
	case len(in.ProtectedTasks) == 0:
		return http.StatusInternalServerError, protectionAnswer{Error: &protectionError{arn, "ServerException", "Unexpected error occurred"}}
	}
	p := in.ProtectedTasks[0]
	out.Protection = &protectedTask{TaskArn: p.TaskArn, ProtectionEnabled: p.ProtectionEnabled}
	if p.ExpirationDate != nil {
		out.Protection.ExpirationDate = new(time.UnixMilli(int64(*p.ExpirationDate * 1000)).UTC().Format(timeForm))
	}
	return http.StatusOK, out
}
