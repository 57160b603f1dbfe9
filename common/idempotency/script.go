package idempotency

import "github.com/redis/go-redis/v9"

// The scripts run over many keys with one hash tag. They read all records with one
// MGET and write only the keys that change. They need nothing newer than Redis 2.6.
// The only clock is that of the server, through the expiry of keys, and no record
// is ever without an expiry. For a key of another type MGET answers nil, and a SET
// replaces the key: the prefix belongs to this package.

// The replies of the scripts that check the owner.
const (
	replyOK        = 1
	replyLost      = 0
	replyNotOwner  = -1
	replyCompleted = -2
)

// claimScript claims records. ARGV is the lease in ms, then for each key the
// in-progress record. It returns the records found. A record equal to the caller's
// own is a repeated claim of the same owner and gets a new lease.
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

// completeScript completes records. ARGV is the retention in ms, then for each key
// the owner and the result. Owner and fingerprint, bytes 2 to 29, are kept.
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

// extendScript extends leases. ARGV is the lease in ms, then for each key the
// owner. A record that this owner has completed keeps its retention.
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

// releaseScript removes records. ARGV is the owner for each key. A record that this
// owner has completed stays: only work in progress can be released.
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
