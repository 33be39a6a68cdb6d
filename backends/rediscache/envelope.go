package rediscache

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/wasikv/wasikv/backends"
)

// A stored value is an envelope, numbers big-endian:
//
//	 0  format, 1
//	 1  flags, none defined: 0
//	 2  version token, 16 random bytes
//	18  time of writing, Unix milliseconds by the writer's clock
//	26  time of expiry, likewise; 0 for none
//	34  epoch of the namespace
//	42  owner mark, 16 bytes
//	58  the value
//
// The two times are for people who look into the database: nothing is decided by them, since hosts'
// clocks differ. Expiry is the server's.
const (
	envelopeFormat = 1
	tokenAt        = 2
	writtenAt      = 18
	expiryAt       = 26
	epochAt        = 34
	ownerAt        = 42
	headerBytes    = 58
)

// seal returns the envelope of a value.
func (s *space) seal(k entryKey, value []byte, ttl time.Duration) []byte {
	e := make([]byte, headerBytes, headerBytes+len(value))
	e[0] = envelopeFormat
	// Read never fails: crypto/rand ends the process rather than return less than asked.
	_, _ = rand.Read(e[tokenAt:writtenAt])
	now := time.Now()
	binary.BigEndian.PutUint64(e[writtenAt:], uint64(now.UnixMilli()))
	if ttl > 0 {
		binary.BigEndian.PutUint64(e[expiryAt:], uint64(now.UnixMilli()+ttl.Milliseconds()))
	}
	binary.BigEndian.PutUint64(e[epochAt:], s.epoch.Load())
	copy(e[ownerAt:], k.owner[:])
	return append(e, value...)
}

// open returns the value in a reply to a read, or that there is none. err is the client's error for
// that reply.
func (s *space) open(k entryKey, reply []byte, err error) (value []byte, ok bool, _ error) {
	if errors.Is(err, redis.Nil) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	// A reply that is somebody else's may also be a fault on the way here, such as an answer left
	// behind in a connection. Either way it is not this caller's to see.
	if len(reply) < headerBytes || reply[0] != envelopeFormat || ownerMark(reply[ownerAt:headerBytes]) != k.owner {
		return nil, false, backends.ErrForeignValue
	}
	if !s.current(binary.BigEndian.Uint64(reply[epochAt:])) {
		return nil, false, nil
	}
	return reply[headerBytes:], true, nil
}

// openItem is open for a reply of the getWithTTL script that was asked for at the given time.
func (s *space) openItem(k entryKey, reply []any, asked time.Time) (backends.Item, error) {
	if len(reply) != 2 {
		return backends.Item{}, fmt.Errorf("%w: the script's reply has another shape", backends.ErrForeignValue)
	}
	remaining, isInt := reply[1].(int64)
	if !isInt {
		return backends.Item{}, fmt.Errorf("%w: the script's reply has another shape", backends.ErrForeignValue)
	}
	text, present := reply[0].(string)
	if !present {
		return backends.Item{}, nil
	}
	value, ok, err := s.open(k, []byte(text), nil)
	if !ok || err != nil {
		return backends.Item{}, err
	}
	item := backends.Item{Found: true, Value: value}
	copy(item.Version[:], text[tokenAt:writtenAt])
	if remaining >= 0 {
		// What the server saw remaining it saw after asked: counting from there is never too much.
		item.TTL = time.Duration(remaining)*time.Millisecond - time.Since(asked)
		if item.TTL <= 0 {
			return backends.Item{}, nil
		}
	}
	return item, nil
}

// current reports whether an entry of the epoch has not been cleared. An entry of a later epoch
// than is known here is news of a Clear by another host.
func (s *space) current(epoch uint64) bool {
	return epoch >= s.advance(epoch)
}

// advance makes epoch known and returns the latest that is.
func (s *space) advance(epoch uint64) uint64 {
	for {
		known := s.epoch.Load()
		if epoch <= known {
			return known
		}
		if s.epoch.CompareAndSwap(known, epoch) {
			return epoch
		}
	}
}
