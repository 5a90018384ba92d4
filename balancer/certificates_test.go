package balancer

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// certificateFor makes a certificate, signed by itself.
func certificateFor(t *testing.T, arn string, names ...string) structs.TrafficCertificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: names, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return structs.TrafficCertificate{ARN: arn, Names: names, Chain: text("CERTIFICATE", der), Key: text("PRIVATE KEY", private)}
}

func TestCertificatesByName(t *testing.T) {
	w, port := start(t, Config{}), freePort(t)
	old, young := listenerAt("1", "HTTPS", port, fixed(200, "old")), listenerAt("2", "HTTPS", port, fixed(200, "young"), hostRule(1, "*.young.org", fixed(200, "young")))
	old.Listener.Certificates, young.Listener.Certificates = []string{"first", "wild", "exact"}, []string{"young"}
	young.Listener.CreatedAt = 2
	w.Apply(structs.TrafficFrame{Full: true, Listeners: []structs.TrafficListener{old, young}, Certificates: []structs.TrafficCertificate{
		certificateFor(t, "first", "first.org"), certificateFor(t, "wild", "*.example.org"),
		certificateFor(t, "exact", "www.example.org"), certificateFor(t, "young", "*.young.org"),
	}})
	meet := func(host string) (string, string) {
		t.Helper()
		transport := &http.Transport{DisableKeepAlives: true, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: host}}
		req, _ := http.NewRequest("GET", "https://127.0.0.1:"+strconv.Itoa(int(port))+"/", nil)
		req.Host = host
		answer, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, _ := io.ReadAll(answer.Body)
		return answer.TLS.PeerCertificates[0].DNSNames[0], string(body)
	}
	for host, want := range map[string][2]string{
		"www.example.org": {"www.example.org", "old"}, "WWW2.example.org": {"*.example.org", "old"},
		"a.b.example.org": {"first.org", "old"}, "other.net": {"first.org", "old"}, "x.young.org": {"*.young.org", "young"},
	} {
		if name, body := meet(host); name != want[0] || body != want[1] {
			t.Errorf("%s: certificate for %s, answer %q, want %v", host, name, body, want)
		}
	}
	w.Apply(structs.TrafficFrame{Certificates: []structs.TrafficCertificate{certificateFor(t, "exact", "renewed.org", "www.example.org")}})
	if name, _ := meet("www.example.org"); name != "renewed.org" {
		t.Errorf("after it was renewed, the certificate is for %s", name)
	}
	w.Apply(structs.TrafficFrame{GoneCertificates: []string{"exact"}})
	if name, _ := meet("www.example.org"); name != "*.example.org" {
		t.Errorf("when it has gone, the certificate is for %s", name)
	}
}

func TestCertificatesOfTheAgent(t *testing.T) {
	ours := certificateFor(t, "acme", "acme.org")
	pair, err := tls.X509KeyPair([]byte(ours.Chain), []byte(ours.Key))
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan string, 10)
	w := start(t, Config{Certificates: func(l structs.TrafficListener, hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		asked <- l.Listener.ID + " " + hello.ServerName
		return &pair, nil
	}})
	port := freePort(t)
	w.Apply(structs.TrafficFrame{Full: true, Listeners: []structs.TrafficListener{listenerAt("l", "HTTPS", port, fixed(200, ""))}})
	conn, err := tls.Dial("tcp", "127.0.0.1:"+strconv.Itoa(int(port)), &tls.Config{InsecureSkipVerify: true, ServerName: "acme.org", NextProtos: []string{acmeTLS}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got := <-asked; got != "l acme.org" || conn.ConnectionState().NegotiatedProtocol != acmeTLS {
		t.Errorf("asked for %q, speaks %q", got, conn.ConnectionState().NegotiatedProtocol)
	}
}

// A client that comes before the first certificates waits for them.
func TestClientWaitsForCertificates(t *testing.T) {
	c := certificateFor(t, "a", "a.org")
	pair, err := tls.X509KeyPair([]byte(c.Chain), []byte(c.Key))
	if err != nil {
		t.Fatal(err)
	}
	calls := atomic.Int32{}
	w, port := start(t, Config{Certificates: func(structs.TrafficListener, *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if calls.Add(1) < 3 {
			return nil, nil
		}
		return &pair, nil
	}}), freePort(t)
	w.Apply(structs.TrafficFrame{Full: true, Listeners: []structs.TrafficListener{listenerAt("l", "HTTPS", port, fixed(200, ""))}})
	conn, err := tls.Dial("tcp", "127.0.0.1:"+strconv.Itoa(int(port)), &tls.Config{InsecureSkipVerify: true, ServerName: "a.org"})
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}
