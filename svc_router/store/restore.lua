-- Puts back a conversation that was lost.
-- KEYS: meta, members. ARGV: conversation, kind, seq, head ordinal, head, then user and membership by turns
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
redis.call('DEL', KEYS[2])
for i = 6, #ARGV, 2 do
  redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
end
redis.call('HSET', KEYS[1], 'conversation', ARGV[1], 'kind', ARGV[2], 'seq', ARGV[3], 'ordinal', ARGV[4], 'head', ARGV[5], 'head_ordinal', ARGV[4])
return 1
