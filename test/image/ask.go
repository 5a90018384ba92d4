package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// caller answers who the SDK's default chain says that this is, and how many tasks it can list.
func caller(w http.ResponseWriter, r *http.Request) {
	arn, tasks, err := asCaller(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(w, "%s lists %d tasks\n", arn, tasks)
}

func asCaller(ctx context.Context) (arn string, tasks int, err error) {
	c, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return "", 0, err
	}
	who, err := sts.NewFromConfig(c).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", 0, err
	}
	list, err := ecs.NewFromConfig(c).ListTasks(ctx, &ecs.ListTasksInput{})
	if err != nil {
		return "", 0, err
	}
	return aws.ToString(who.Arn), len(list.TaskArns), nil
}

// ask makes a request from inside the container: its method and body are this request's, and the
// URL, in which variables count, is its query. The answer is passed on.
func ask(w http.ResponseWriter, r *http.Request) {
	request, err := http.NewRequestWithContext(r.Context(), r.Method, os.ExpandEnv(r.URL.Query().Get("url")), r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	request.ContentLength = r.ContentLength
	for name, values := range r.Header {
		if strings.HasPrefix(name, "X-Amz-") || name == "Authorization" || name == "Content-Type" {
			request.Header[name] = values
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	w.WriteHeader(response.StatusCode)
	_, _ = io.Copy(w, response.Body)
}
