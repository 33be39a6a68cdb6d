package rediscache

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"sync/atomic"
)

// How entries are named on the server:
//
//	<prefix>:v1:<namespace digest>:{<key digest>}<key>     an entry
//	<prefix>:e1:<namespace digest>                         a namespace's epoch
//
// The namespace digest has a fixed length, so no two pairs of namespace and key share a name, and
// its alphabet has no glob characters, so a scan of one namespace finds no other. The key follows
// exactly as given. In front of it, in braces, is what Redis Cluster takes the slot from: a digest,
// so that keys spread over the slots whatever guests call them, and so that other keys can be named
// for the same slot.

const (
	namespaceDigestBytes = 16
	slotDigestBytes      = 6
)

// space is what the driver knows about a namespace.
type space struct {
	digest     [sha256.Size]byte
	namePrefix string // of its entries
	epochName  string

	// Entries of an epoch before this one were cleared. It never goes back.
	epoch atomic.Uint64
	// When the epoch was last read from the server, in nanoseconds of the driver's clock.
	epochRead atomic.Int64

	sweeping atomic.Bool
}

// entryKey is a key with what follows from it.
type entryKey struct {
	name  string    // on the server
	owner ownerMark // in the envelope
}

// ownerMark identifies namespace and key in the envelope.
type ownerMark [16]byte

func (d *Driver) space(namespace string) *space {
	d.mu.RLock()
	s := d.spaces[namespace]
	d.mu.RUnlock()
	if s != nil {
		return s
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.spaces[namespace]; s != nil {
		return s
	}
	s = newSpace(d.options.Prefix, namespace)
	d.spaces[strings.Clone(namespace)] = s
	return s
}

func newSpace(prefix, namespace string) *space {
	s := &space{}
	hash := sha256.New()
	// The length keeps prefix and namespace apart.
	hash.Write(binary.AppendUvarint(nil, uint64(len(prefix))))
	hash.Write([]byte(prefix))
	hash.Write([]byte(namespace))
	hash.Sum(s.digest[:0])
	digest := base64.RawURLEncoding.EncodeToString(s.digest[:namespaceDigestBytes])
	s.namePrefix = prefix + ":v1:" + digest + ":"
	s.epochName = prefix + ":e1:" + digest
	return s
}

func (s *space) key(key string) entryKey {
	// The namespace's digest has a fixed length, which keeps it and the key apart.
	material := make([]byte, 0, 256)
	material = append(material, s.digest[:]...)
	material = append(material, key...)
	sum := sha256.Sum256(material)

	name := make([]byte, 0, len(s.namePrefix)+2+base64.RawURLEncoding.EncodedLen(slotDigestBytes)+len(key))
	name = append(name, s.namePrefix...)
	name = append(name, '{')
	name = base64.RawURLEncoding.AppendEncode(name, sum[:slotDigestBytes])
	name = append(name, '}')
	name = append(name, key...)
	k := entryKey{name: string(name)}
	copy(k.owner[:], sum[:])
	return k
}

// pattern matches the names of the namespace's entries and no others.
func (s *space) pattern() string {
	return globEscaper.Replace(s.namePrefix) + "*"
}

// globEscaper makes a prefix that its owner chose match only itself.
var globEscaper = strings.NewReplacer(
	`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`, `^`, `\^`, `-`, `\-`)
