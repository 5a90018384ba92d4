package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/testutil"
)

// express is what the aws CLI shows of an express gateway service.
type express struct {
	Service struct {
		ServiceArn           string
		Status               struct{ StatusCode string }
		ActiveConfigurations []struct {
			PrimaryContainer struct{ Image string }
			IngressPaths     []struct{ AccessType, Endpoint string }
		}
	}
}

// TestExpressGatewayService takes an express gateway service through its life with the aws CLI: an
// image alone is reached over HTTPS by a name of its own, and goes in one call.
func TestExpressGatewayService(t *testing.T) {
	s := newSite("shop.default.gantry.localhost", freePort(t), freePort(t))
	d := startDev(t, "--ingress-http-port", fmt.Sprint(s.http), "--ingress-https-port", fmt.Sprint(s.https))
	var made express
	d.aws(&made, "create-express-gateway-service", "--service-name", "shop", "--health-check-path", "/",
		"--execution-role-arn", "arn:aws:iam::000000000000:role/e", "--infrastructure-role-arn", "arn:aws:iam::000000000000:role/r",
		"--primary-container", fmt.Sprintf(`{"image":%q,"command":["serve"],"environment":[{"name":"GREETING","value":"Express"}]}`, testutil.AppImage))
	arn := made.Service.ServiceArn
	if made.Service.Status.StatusCode != "ACTIVE" || !strings.HasSuffix(arn, ":service/default/shop") || len(made.Service.ActiveConfigurations) != 1 {
		t.Fatalf("the new service is %+v", made)
	}
	served := func(greeting string) {
		t.Helper()
		for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
			page, err := s.get("/")
			if err == nil && strings.HasPrefix(page, greeting) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("the page is %q (%v), want %s", page, err, greeting)
			}
		}
	}
	served("Express")
	d.aws(nil, "update-express-gateway-service", "--service-arn", arn,
		"--primary-container", fmt.Sprintf(`{"image":%q,"command":["serve"],"environment":[{"name":"GREETING","value":"Again"}]}`, testutil.AppImage))
	served("Again")
	d.aws(nil, "delete-express-gateway-service", "--service-arn", arn)
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		var ended express
		d.aws(&ended, "describe-express-gateway-service", "--service-arn", arn)
		if ended.Service.Status.StatusCode == "INACTIVE" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the deleted service is %s", ended.Service.Status.StatusCode)
		}
	}
}
