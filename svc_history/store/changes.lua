-- Gives the entries of the tail that change messages.
-- KEYS: meta, changes, tail. ARGV: the messages
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'trimmed')
if meta[1] ~= EPOCH then
  return false
end
local wanted, found = {}, {}
for _, target in ipairs(ARGV) do
  wanted[target] = true
end
for _, change in ipairs(redis.call('XRANGE', KEYS[2], '-', '+')) do
  if wanted[change[2][2]] then
    for _, item in ipairs(redis.call('XRANGE', KEYS[3], change[1], change[1])) do
      table.insert(found, item[2][2])
    end
  end
end
return {meta[2] or '0', found}
