package rediscache

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// The epoch of a namespace makes Clear one small write instead of a walk: entries carry the epoch
// they were stored in, and those of an earlier one count as absent. A driver remembers the epoch and
// looks again every [Options].EpochRefresh, together with a read it makes anyway.
//
// An epoch is the server's time in milliseconds when Clear ran, not a count: should the key that
// holds it be evicted or flushed, the next one is still larger than any before.

// clock counts nanoseconds since some time that is not zero.
var clockStart = time.Now().Add(-time.Hour)

func clock(t time.Time) int64 { return int64(t.Sub(clockStart)) }

// fresh reports whether the epoch was read less than limit ago.
func (s *space) fresh(limit time.Duration) bool {
	read := s.epochRead.Load()
	return read != 0 && clock(time.Now())-read < int64(limit)
}

// refresh takes in the server's answer to a GET of the epoch sent at the given time.
func (s *space) refresh(reply *redis.StringCmd, asked time.Time) error {
	epoch, err := reply.Uint64()
	if err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	s.advance(epoch)
	s.epochRead.Store(clock(asked))
	return nil
}

// refreshEpoch reads the epoch if it is due.
func (d *Driver) refreshEpoch(ctx context.Context, s *space) error {
	if s.fresh(d.options.EpochRefresh) {
		return nil
	}
	asked := time.Now()
	return s.refresh(d.client.Get(ctx, s.epochName), asked)
}

// Clear implements [backends.CacheStore].
func (d *Driver) Clear(ctx context.Context, namespace string) error {
	s := d.space(namespace)
	return d.do(ctx, "clear", namespace, once, func(ctx context.Context) error {
		asked := time.Now()
		epoch, err := advanceEpoch.Run(ctx, d.client, []string{s.epochName}).Uint64()
		if err != nil {
			return err
		}
		s.advance(epoch)
		s.epochRead.Store(clock(asked))
		d.sweep(s)
		return nil
	})
}

const (
	// scanBatch is how many keys the server looks at per step of a scan.
	scanBatch = 1000
	// countSteps bounds EntryCount.
	countSteps = 1000
	// sweepPause leaves the server to others between the steps of a sweep.
	sweepPause = time.Millisecond
)

// EntryCount implements [backends.CacheStore]. It is inexact; see the package comment.
func (d *Driver) EntryCount(ctx context.Context, namespace string) (count uint64, err error) {
	pattern := d.space(namespace).pattern()
	var cursor uint64
	for range countSteps {
		err := d.do(ctx, "entry-count", namespace, twice, func(ctx context.Context) error {
			names, next, err := d.client.Scan(ctx, cursor, pattern, scanBatch).Result()
			if err == nil {
				count += uint64(len(names))
				cursor = next
			}
			return err
		})
		if err != nil {
			return 0, err
		}
		if cursor == 0 {
			break
		}
	}
	return count, nil
}

// sweep removes the namespace's cleared entries in the background, unless that is being done. A
// Clear during a sweep is noticed by it.
func (d *Driver) sweep(s *space) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed.Load() || s.sweeping.Swap(true) {
		return
	}
	d.sweeps.Go(func() {
		for {
			epoch := s.epoch.Load()
			d.sweepBefore(s, epoch)
			s.sweeping.Store(false)
			if s.epoch.Load() == epoch || d.life.Err() != nil || s.sweeping.Swap(true) {
				return
			}
		}
	})
}

// sweepBefore removes entries of epochs before the given one. It stops when the server fails: what
// stays behind is absent to readers, and expires, is evicted or is swept up after a later Clear.
func (d *Driver) sweepBefore(s *space, epoch uint64) {
	pattern := s.pattern()
	var cursor uint64
	for {
		names, next, err := d.client.Scan(d.life, cursor, pattern, scanBatch).Result()
		if err != nil {
			return
		}
		if len(names) > 0 {
			pipe := d.client.Pipeline()
			for _, name := range names {
				removeBefore.Eval(d.life, pipe, []string{name}, epoch)
			}
			// An answer that is an error is about one key, which may not even be an entry.
			var answer redis.Error
			if _, err := pipe.Exec(d.life); err != nil && !errors.As(err, &answer) {
				return
			}
		}
		if cursor = next; cursor == 0 {
			return
		}
		select {
		case <-time.After(sweepPause):
		case <-d.life.Done():
			return
		}
	}
}
