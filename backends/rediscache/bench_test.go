package rediscache_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"testing"
	"time"

	"github.com/wasikv/wasikv/backends/internal/redistest"
	"github.com/wasikv/wasikv/backends/rediscache"
)

// BenchmarkGet compares a Get with the same exchange written by hand on a bare connection. The two
// take turns in short rounds and the best round of each counts.
func BenchmarkGet(b *testing.B) {
	server := redistest.Start(b)
	ctx := context.Background()
	d, err := rediscache.New(rediscache.Options{Addr: server.Addr})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	if err := d.Set(ctx, "ns", "key", make([]byte, 16), 0); err != nil {
		b.Fatal(err)
	}
	name := names(server)[0]
	conn, err := net.Dial("tcp", server.Addr)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	reader := bufio.NewReader(conn)
	command := fmt.Appendf(nil, "*2\r\n$3\r\nget\r\n$%d\r\n%s\r\n", len(name), name)
	reply := make([]byte, len("$74\r\n")+74+2)

	const gets = 200
	best := func(so *time.Duration, get func() error) {
		start := time.Now()
		for range gets {
			if err := get(); err != nil {
				b.Fatal(err)
			}
		}
		*so = min(*so, time.Since(start))
	}
	floor, ours := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
	for range b.N {
		best(&floor, func() error {
			if _, err := conn.Write(command); err != nil {
				return err
			}
			_, err := io.ReadFull(reader, reply)
			return err
		})
		best(&ours, func() error { _, _, err := d.Get(ctx, "ns", "key"); return err })
	}
	b.ReportMetric(float64(floor.Nanoseconds())/gets, "bare-ns/get")
	b.ReportMetric(float64(ours.Nanoseconds())/gets, "ns/get")
	b.ReportMetric(float64(ours)/float64(floor), "ratio")
}

func BenchmarkParallel(b *testing.B) {
	server := redistest.Start(b)
	ctx := context.Background()
	d, err := rediscache.New(rediscache.Options{Addr: server.Addr})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	value := make([]byte, 16)
	b.Run("get", func(b *testing.B) {
		b.SetParallelism(32)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, _, err := d.Get(ctx, "ns", "key"); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("set", func(b *testing.B) {
		b.SetParallelism(32)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := d.Set(ctx, "ns", "key", value, time.Minute); err != nil {
					b.Error(err)
				}
			}
		})
	})
}
