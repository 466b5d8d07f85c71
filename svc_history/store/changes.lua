-- Gives entries of the tail that change messages: of all kinds, or one.
-- KEYS: meta, changes, tail. ARGV: the number of the kind or '', then the messages, none for all
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'trimmed')
if meta[1] ~= EPOCH then
  return false
end
local wanted, found = {}, {}
for i = 2, #ARGV do
  wanted[ARGV[i]] = true
end
for _, change in ipairs(redis.call('XRANGE', KEYS[2], '-', '+')) do
  if (#ARGV == 1 or wanted[change[2][2]]) and (ARGV[1] == '' or ARGV[1] == change[2][4]) then
    for _, item in ipairs(redis.call('XRANGE', KEYS[3], change[1], change[1])) do
      table.insert(found, item[2][2])
    end
  end
end
return {meta[2] or '0', found}
