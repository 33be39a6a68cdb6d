package rediscache

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/redis/go-redis/v9"

	"github.com/wasikv/wasikv/backends"
)

func opError(op, namespace string, err error) error {
	return &backends.OpError{Driver: "rediscache", Op: op, Namespace: namespace, Err: err}
}

// dialError is why no connection was made, without where to.
type dialError struct{ reason string }

func (e *dialError) Error() string { return e.reason }

// dialReason describes a failure to connect in words that name no address, which the texts of
// package net and of the resolver do.
func dialReason(err error) string {
	var (
		errno syscall.Errno
		dns   *net.DNSError
		alert tls.AlertError
		cert  *tls.CertificateVerificationError
		name  x509.HostnameError
		head  tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &dns):
		return "the host name does not resolve"
	case errors.As(err, &name), errors.As(err, &cert):
		return "the server's certificate is not accepted"
	case errors.As(err, &alert), errors.As(err, &head):
		return "the server does not speak TLS as expected"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return "no connection in time"
	case errors.Is(err, fs.ErrNotExist):
		return "no such socket"
	case errors.As(err, &errno):
		return errno.Error()
	default:
		return "no connection"
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// isConnectionLost reports whether a connection broke, as an idle one does when the server restarts.
func isConnectionLost(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// classify turns an error of the client library into one of package backends. It keeps no text of
// the original, which may name addresses: it says what kind of failure it is.
func (d *Driver) classify(ctx context.Context, err error) error {
	var dial *dialError
	var server redis.Error
	switch {
	case errors.Is(err, backends.ErrForeignValue):
		return err
	case d.closed.Load(), errors.Is(err, redis.ErrClosed):
		return backends.ErrClosed
	case ctx.Err() != nil:
		return backends.ContextError(ctx)
	case errors.As(err, &dial):
		return fmt.Errorf("%w: %s", backends.ErrUnavailable, dial.reason)
	case errors.Is(err, redis.ErrPoolTimeout), errors.Is(err, redis.ErrPoolExhausted):
		return fmt.Errorf("%w: all %d connections stayed busy (pool-size)", backends.ErrUnavailable, d.options.PoolSize)
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return fmt.Errorf("%w: no answer within %v (timeout)", backends.ErrTimeout, d.options.Timeout)
	case isConnectionLost(err):
		return fmt.Errorf("%w: the connection was lost", backends.ErrUnavailable)
	case errors.As(err, &server):
		return serverError(server)
	default:
		return fmt.Errorf("%w: the exchange failed (%T)", backends.ErrUnavailable, err)
	}
}

// serverError describes an error reply by its code, the first word. The rest may name other servers.
func serverError(err redis.Error) error {
	code, _, _ := strings.Cut(err.Error(), " ")
	for _, r := range code {
		if (r < 'A' || r > 'Z') && r != '_' {
			code = "ERR"
			break
		}
	}
	switch code {
	case "WRONGTYPE":
		return fmt.Errorf("%w: it is of another Redis type", backends.ErrForeignValue)
	case "NOAUTH", "WRONGPASS", "NOPERM":
		return fmt.Errorf("%w: the server refuses the user name or password, or forbids the command (%s)", backends.ErrUnavailable, code)
	case "OOM":
		return fmt.Errorf("%w: the server's memory is full and it evicts nothing (OOM)", backends.ErrUnavailable)
	case "MOVED", "ASK", "CLUSTERDOWN", "CROSSSLOT":
		return fmt.Errorf("%w: the server is part of a Redis Cluster (%s)", backends.ErrUnavailable, code)
	case "READONLY":
		return fmt.Errorf("%w: the server is a replica and takes no writes (READONLY)", backends.ErrUnavailable)
	default:
		return fmt.Errorf("%w: the server answered with an error (%s)", backends.ErrUnavailable, code)
	}
}
