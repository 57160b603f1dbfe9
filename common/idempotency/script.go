package idempotency

import "github.com/redis/go-redis/v9"

// The scripts run over many keys of one hash tag. They read all records with
// one MGET and write key by key only where something changes. They use nothing
// newer than Redis 2.6, take the time from key expiry alone (the server's
// clock), and never leave a record without an expiry. MGET answers nil for a
// key of another type, which a SET then replaces: the prefix is ours.

// Reply codes of the owner-checked scripts.
const (
	replyOK        = 1
	replyLost      = 0
	replyNotOwner  = -1
	replyCompleted = -2
)

// claimScript: ARGV[1] lease in ms, then per key the in-progress record. It
// returns the records found. Equal to our own means a repeated claim of the
// same owner, which gets a fresh lease.
var claimScript = redis.NewScript(`
local found = redis.call('MGET', unpack(KEYS))
for i, key in ipairs(KEYS) do
  local mine = ARGV[i + 1]
  if not found[i] or found[i] == mine then
    redis.call('SET', key, mine, 'PX', ARGV[1])
  end
end
return found
`)

// completeScript: ARGV[1] retention in ms, then per key the owner and the
// result. Owner and fingerprint, bytes 2 to 29, are carried over as found.
var completeScript = redis.NewScript(`
local found = redis.call('MGET', unpack(KEYS))
local out = {}
for i, key in ipairs(KEYS) do
  local rec = found[i]
  if not rec then
    out[i] = 0
  elseif string.sub(rec, 2, 13) ~= ARGV[2 * i] then
    out[i] = -1
  else
    local done = 'D' .. string.sub(rec, 2, 29) .. ARGV[2 * i + 1]
    if string.sub(rec, 1, 1) == 'P' then
      redis.call('SET', key, done, 'PX', ARGV[1])
      out[i] = 1
    elseif rec == done then
      out[i] = 1
    else
      out[i] = -2
    end
  end
end
return out
`)

// extendScript: ARGV[1] lease in ms, then per key the owner. A record
// this owner has completed keeps its retention.
var extendScript = redis.NewScript(`
local found = redis.call('MGET', unpack(KEYS))
local out = {}
for i, key in ipairs(KEYS) do
  local rec = found[i]
  if not rec then
    out[i] = 0
  elseif string.sub(rec, 2, 13) ~= ARGV[i + 1] then
    out[i] = -1
  else
    if string.sub(rec, 1, 1) == 'P' then
      redis.call('PEXPIRE', key, ARGV[1])
    end
    out[i] = 1
  end
end
return out
`)

// releaseScript: per key the owner. A record this owner has completed
// stays: only an unfinished claim can be given back.
var releaseScript = redis.NewScript(`
local found = redis.call('MGET', unpack(KEYS))
local out, gone = {}, {}
for i, key in ipairs(KEYS) do
  local rec = found[i]
  if not rec then
    out[i] = 0
  elseif string.sub(rec, 2, 13) ~= ARGV[i] then
    out[i] = -1
  else
    if string.sub(rec, 1, 1) == 'P' then
      gone[#gone + 1] = key
    end
    out[i] = 1
  end
end
if #gone > 0 then
  redis.call('DEL', unpack(gone))
end
return out
`)
