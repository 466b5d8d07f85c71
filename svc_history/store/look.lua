-- Tells how a conversation is for a user, with what mentions them among what they have not read, and, if it is asked, what has come since an entry, and how far everyone is.
-- KEYS: meta, members, marks, tail, changes, mentions, settings. ARGV: user, seq of the newest entry that the user has or '', entries at most, bytes of them above which no more come, members above which there are no watermarks,
-- the numbers of the kinds of a deletion and of an edit, the time in seconds
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'conversation', 'head', 'head_ordinal', 'trimmed', 'written')
local head = tonumber(meta[3] or '0')
if meta[1] ~= EPOCH or not meta[2] or head == 0 then
  return false
end
local function flat(items, most)
  local made, size = {}, 0
  for _, item in ipairs(items) do
    if size > most then
      break
    end
    table.insert(made, string.match(item[1], '^%d+'))
    table.insert(made, item[2][2])
    size = size + #item[2][2]
  end
  return made
end
local member = redis.call('HGET', KEYS[2], ARGV[1])
local newest = redis.call('XREVRANGE', KEYS[4], '+', '-', 'COUNT', 1)
local mark = redis.call('HGET', KEYS[3], ARGV[1])
local trimmed = #newest > 0 and meta[5] or meta[3]
local mentions = 0
if member then
  local read = math.max(tonumber(string.match(mark or '', '^%d+:(%d+)') or '0'), tonumber(string.match(member, '^%d+:(%d+)') or '0') - 1)
  if read < head then
    for _, item in ipairs(redis.call('XRANGE', KEYS[6], string.format('%.0f', read + 1), '+', 'COUNT', 1000)) do
      local until_s, users = string.match(item[2][2], '^(%d+)|(.*)$')
      users = users or item[2][2]
      if (users == '*' or string.find(users, ARGV[1], 1, true)) and not (until_s and tonumber(until_s) <= tonumber(ARGV[8])) then
        mentions = mentions + 1
      end
    end
  end
end
local look = {meta[2], meta[3], meta[4] or '0', member, mark, flat(newest, 0), mentions, trimmed, redis.call('HGETALL', KEYS[7])}
if not member or ARGV[2] == '' then
  return look
end
local after = math.max(tonumber(ARGV[2]), tonumber(string.match(member, '^%d+:(%d+)')) - 1)
local since, deleted, edited, upto = {}, {}, {}, meta[3]
if after < head then
  since = flat(redis.call('XRANGE', KEYS[4], string.format('%.0f', after + 1), '+', 'COUNT', ARGV[3]), tonumber(ARGV[4]))
  upto = #since > 0 and since[#since - 1] or upto
  -- All of them: an edit may come after the deletion of its message, which the user has.
  for _, change in ipairs(redis.call('XRANGE', KEYS[5], '-', '+')) do
    if change[2][4] == ARGV[6] then
      table.insert(deleted, change[2][2])
    elseif change[2][4] == ARGV[7] and tonumber(string.match(change[1], '^%d+')) > after then
      table.insert(edited, change[2][2])
    end
  end
end
local marks = {}
if redis.call('HLEN', KEYS[2]) <= tonumber(ARGV[5]) then
  marks = redis.call('HGETALL', KEYS[3])
end
look[10], look[11], look[12], look[13], look[14], look[15] = meta[6] or '0', upto, since, marks, deleted, edited
return look
