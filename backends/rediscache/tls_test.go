package rediscache_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wasikv/wasikv/backends"
	"github.com/wasikv/wasikv/backends/internal/redistest"
	"github.com/wasikv/wasikv/backends/rediscache"
)

// certificate makes a certificate for 127.0.0.1 that vouches for itself, as files and as a pool.
func certificate(t *testing.T) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "redis"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "EC PRIVATE KEY", keyDER), pool
}

func TestTLS(t *testing.T) {
	certFile, keyFile, pool := certificate(t)
	port, err := redistest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	redistest.Start(t, "--tls-port", port, "--tls-cert-file", certFile, "--tls-key-file", keyFile, "--tls-auth-clients", "no")
	addr := net.JoinHostPort("127.0.0.1", port)

	d := closing(t, rediscache.Options{Addr: addr, TLS: &tls.Config{RootCAs: pool}})
	for range 3 {
		if err := d.Set(t.Context(), "ns", "k", []byte("v"), 0); err != nil {
			t.Fatal(err)
		}
		if value, ok, err := d.Get(t.Context(), "ns", "k"); err != nil || !ok || string(value) != "v" {
			t.Fatalf("get: %q, %t, %v", value, ok, err)
		}
	}

	// The system does not know the certificate, and what a URL makes does not ignore that.
	cache, err := backends.Open(t.Context(), "rediss://"+addr)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, cache)
	silently(t, func() { err = cache.Ping(t.Context()) })
	if !errors.Is(err, backends.ErrUnavailable) || !strings.Contains(err.Error(), "certificate is not accepted") {
		t.Errorf("an unknown certificate: %v", err)
	}
	wantQuiet(t, "an unknown certificate", err)
}
