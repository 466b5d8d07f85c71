-- Forgets that a user was told of a conversation, if nothing newer than what they have read was; returns whether it did.
-- KEYS: told. ARGV: conversation, seq up to which it was read
local seq = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '')
if not seq or seq > tonumber(ARGV[2]) then
  return 0
end
return redis.call('ZREM', KEYS[1], ARGV[1])
