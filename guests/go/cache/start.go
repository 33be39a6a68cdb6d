package cache

// StartGet starts to look a key up. The answer is nil where the key is absent.
func StartGet(key string) *Future[*IncomingValue] {
	return &Future[*IncomingValue]{kind: getKind, op: "get", key: key, handle: cacheGet(key)}
}

// StartExists starts to ask whether a key has a value.
func StartExists(key string) *Future[bool] {
	return &Future[bool]{kind: existsKind, op: "exists", key: key, handle: cacheExists(key)}
}

// StartSet starts to store a value. The bytes are read before it returns.
func StartSet(key string, value []byte, ttl TTL) *Future[Done] {
	v := NewOutgoingValue()
	defer v.Drop()
	if err := v.WriteBodySync(value); err != nil {
		return &Future[Done]{kind: doneKind, done: true, err: named(err, "set", key)}
	}
	return StartSetValue(key, v, ttl)
}

// StartSetValue starts to store what was written to v so far. v stays the
// caller's and can be stored under further keys.
func StartSetValue(key string, v *OutgoingValue, ttl TTL) *Future[Done] {
	disc, ms := ttl.flat()
	return &Future[Done]{kind: doneKind, op: "set", key: key, handle: cacheSet(key, v.handle, disc, ms)}
}

// StartDelete starts to remove a key.
func StartDelete(key string) *Future[Done] {
	return &Future[Done]{kind: doneKind, op: "delete", key: key, handle: cacheDelete(key)}
}

// StartGetOrSet starts to ask for a key's value or for the right to give it
// one. While another holds that right, the answer waits.
func StartGetOrSet(key string) *Future[Entry] {
	return &Future[Entry]{kind: getOrSetKind, op: "get-or-set", key: key, handle: cacheGetOrSet(key)}
}

// named says of an error which call on which key it belongs to.
func named(err error, op, key string) error {
	if e, ok := err.(*Error); ok {
		return &Error{Op: op, Key: key, Trace: e.Trace}
	}
	return err
}
