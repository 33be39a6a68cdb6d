package rediscache

import "github.com/redis/go-redis/v9"

// Scripts run on the server where a command alone would leave a gap between looking and acting.
// Each touches one key. They are sent by digest, and in full when the server does not know them
// (again), as after SCRIPT FLUSH or a restart.
//
// Offsets are those of envelope.go; Lua counts from 1, GETRANGE from 0. An epoch has 41 bits for
// now, well within the 53 a Lua number holds exactly.

// advanceEpoch: KEYS[1] epoch. Returns the new epoch.
var advanceEpoch = redis.NewScript(`
local now = redis.call('TIME')
local epoch = now[1] * 1000 + math.floor(now[2] / 1000)
local last = tonumber(redis.call('GET', KEYS[1])) or 0
if epoch <= last then epoch = last + 1 end
redis.call('SET', KEYS[1], string.format('%.0f', epoch))
return epoch
`)

// getWithTTL: KEYS[1] entry. Returns its envelope, or nil, and PTTL.
var getWithTTL = redis.NewScript(`
return {redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])}
`)

// setIfAbsent: KEYS[1] entry; ARGV envelope, TTL in ms or 0, epoch. Returns whether it was stored.
// A cleared entry that was not swept up yet counts as absent.
var setIfAbsent = redis.NewScript(`
local head = redis.call('GETRANGE', KEYS[1], 34, 41)
if #head == 8 and struct.unpack('>I8', head) >= tonumber(ARGV[3]) then return 0 end
if ARGV[2] == '0' then
  redis.call('SET', KEYS[1], ARGV[1])
else
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return 1
`)

// removeBefore: KEYS[1] entry; ARGV epoch. Removes the entry if it is of an earlier epoch.
var removeBefore = redis.NewScript(`
local head = redis.call('GETRANGE', KEYS[1], 34, 41)
if #head == 8 and struct.unpack('>I8', head) < tonumber(ARGV[1]) then
  return redis.call('UNLINK', KEYS[1])
end
return 0
`)
