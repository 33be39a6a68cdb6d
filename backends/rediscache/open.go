package rediscache

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/wasikv/wasikv/backends"
)

func init() {
	for _, scheme := range []string{"redis", "rediss", "unix"} {
		backends.Register(scheme, open)
	}
}

func open(_ context.Context, u *url.URL, p *backends.Params) (backends.CacheStore, error) {
	o := Options{
		Prefix:       p.String("prefix", ""),
		Timeout:      p.Duration("timeout", 0),
		PoolSize:     p.Int("pool-size", 0, 1),
		EpochRefresh: p.Duration("epoch-refresh", 0),
	}
	o.Username = u.User.Username()
	o.Password, _ = u.User.Password()
	var err error
	if u.Scheme == "unix" {
		err = fromSocketURL(&o, u, p)
	} else {
		err = fromServerURL(&o, u)
	}
	if err != nil {
		return nil, err
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	d, err := New(o)
	if err != nil {
		return nil, err
	}
	return d, nil
}

func fromSocketURL(o *Options, u *url.URL, p *backends.Params) error {
	if u.Opaque != "" || u.Host != "" || u.Path == "" {
		return errors.New("a unix URL holds the absolute path of a socket, as in unix:///run/redis.sock?db=0")
	}
	o.Network, o.Addr = "unix", u.Path
	o.DB = p.Int("db", 0, 0)
	return nil
}

func fromServerURL(o *Options, u *url.URL) error {
	if u.Opaque != "" {
		return errors.New("a redis URL reads redis://user:password@host:port/database")
	}
	host, port := u.Hostname(), u.Port()
	if host == "" {
		host = "localhost"
	}
	if port == "" {
		port = "6379"
	}
	o.Addr = net.JoinHostPort(host, port)
	if path := strings.Trim(u.Path, "/"); path != "" {
		db, err := strconv.Atoi(path)
		if err != nil || db < 0 {
			return errors.New("the path of a redis URL is the number of a database, as in redis://host:6379/0")
		}
		o.DB = db
	}
	if u.Scheme == "rediss" {
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return nil
}
