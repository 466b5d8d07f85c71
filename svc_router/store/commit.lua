-- Shows a durable entry to readers, and says which nodes listen.
-- KEYS: tail, meta, message, nodes. ARGV: seq, ordinal, entry, entries in the tail, ms that the tail lasts, what the message has made, nodes that listen from here on
redis.pcall('XADD', KEYS[1], 'MAXLEN', '=', ARGV[4], ARGV[1] .. '-0', 'e', ARGV[3], 'o', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
if tonumber(ARGV[1]) > tonumber(redis.call('HGET', KEYS[2], 'head') or '0') then
  redis.call('HSET', KEYS[2], 'head', ARGV[1], 'head_ordinal', ARGV[2])
end
redis.call('SET', KEYS[3], ARGV[6], 'XX', 'KEEPTTL')
for i = 7, #ARGV do
  redis.call('SADD', KEYS[4], ARGV[i])
end
return redis.call('SMEMBERS', KEYS[4])
