package inmem_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/wasikv/wasikv/backends/backendtest"
	"github.com/wasikv/wasikv/backends/inmem"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	backendtest.Run(t, func(*testing.T) backendtest.Harness {
		return backendtest.Harness{Store: inmem.New(inmem.Options{}), ExactCount: true}
	})
}
