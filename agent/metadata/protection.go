package metadata

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

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
	call := map[string]any{"cluster": t.Task.Cluster, "tasks": []string{arn}}
	operation := "GetTaskProtection"
	switch r.Method {
	case http.MethodGet:
	case http.MethodPut:
		var in protectionRequest
		strict := json.NewDecoder(io.LimitReader(r.Body, 64<<10))
		strict.DisallowUnknownFields()
		if err := strict.Decode(&in); err != nil {
			refuse(http.StatusBadRequest, "InvalidParameterException", "UpdateTaskProtection: failed to decode request: "+err.Error())
			return
		}
		if in.ProtectionEnabled == nil {
			refuse(http.StatusBadRequest, "InvalidParameterException", "Invalid request: does not contain 'ProtectionEnabled' field")
			return
		}
		operation, call["protectionEnabled"] = "UpdateTaskProtection", *in.ProtectionEnabled
		if in.ExpiresInMinutes != nil && *in.ProtectionEnabled {
			call["expiresInMinutes"] = *in.ExpiresInMinutes
		}
	default:
		refuse(http.StatusMethodNotAllowed, "InvalidParameterException", "use GET or PUT")
		return
	}
	if taskRole(t.Assignment) == "" {
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
	body, _ := json.Marshal(call) // plain values
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/", bytes.NewReader(body))
	if err != nil {
		refuse(http.StatusInternalServerError, "ServerException", err.Error())
		return
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AmazonEC2ContainerServiceV20141113."+operation)
	request.Header.Set("X-Amz-Security-Token", keys.Token)
	sigv4.Sign(request, body, keys.AccessKeyID, keys.SecretAccessKey, m.cfg.Region, "ecs", time.Now())
	response, err := m.cfg.Servers.Forward(request)
	if err != nil {
		refuse(http.StatusGatewayTimeout, "RequestCanceled", "Timed out calling ECS Task Protection API: "+err.Error())
		return
	}
	defer response.Body.Close()
	status, answer := protectionOf(response, arn)
	reply(w, status, answer)
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
