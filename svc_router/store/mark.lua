-- Moves a member's watermarks forward.
-- KEYS: marks, members, meta, tail, nodes. ARGV: user, delivered seq, read seq, ordinal of read seq or '', 1 if others must not know
local at = redis.call('HMGET', KEYS[3], 'epoch', 'head', 'head_ordinal', 'kind')
if at[1] ~= EPOCH then
  return {-2}
end
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then
  return {0, 0, 0, 0, 0, 0}
end
local delivered, read, ordinal, shown_delivered, shown_read = 0, 0, 0, 0, 0
local was = redis.call('HGET', KEYS[1], ARGV[1])
if was then
  local d, r, o, sd, sr = string.match(was, '^(%d+):(%d+):(%d+):?(%d*):?(%d*)$')
  delivered, read, ordinal = tonumber(d), tonumber(r), tonumber(o)
  shown_delivered, shown_read = tonumber(sd) or delivered, tonumber(sr) or read
end
local head = tonumber(at[2])
local new_read = math.min(tonumber(ARGV[3]), head)
local new_delivered = math.max(math.min(tonumber(ARGV[2]), head), new_read)
local withheld = ARGV[5] == '1'
if at[4] == 'DIRECT' and not withheld then
  -- Between two of whom one has blocked the other, neither learns how far the other is, also not by asking later.
  for _, block in ipairs(redis.call('HVALS', (string.gsub(KEYS[3], 'meta$', 'blocks:' .. string.sub(EPOCH, -8))))) do
    withheld = withheld or string.sub(block, -2) == ':1'
  end
end
local changed = 0
if new_read > read then
  if new_read == head then
    ordinal = tonumber(at[3])
  elseif ARGV[4] ~= '' then
    ordinal = tonumber(ARGV[4])
  else
    local entries = redis.call('XREVRANGE', KEYS[4], string.format('%.0f', new_read), '-', 'COUNT', 1)
    if #entries == 0 then
      return {-1}
    end
    ordinal = tonumber(entries[1][2][4])
  end
  read = new_read
  changed = 1
end
if new_delivered > delivered then
  delivered = new_delivered
  changed = 1
end
if not withheld and (shown_delivered < delivered or shown_read < read) then
  shown_delivered, shown_read = delivered, read
  changed = 1
end
if changed == 0 then
  return {0, delivered, read, ordinal, shown_delivered, shown_read}
end
local value = string.format('%.0f:%.0f:%.0f', delivered, read, ordinal)
if shown_delivered < delivered or shown_read < read then
  value = value .. string.format(':%.0f:%.0f', shown_delivered, shown_read)
end
redis.call('HSET', KEYS[1], ARGV[1], value)
return {1, delivered, read, ordinal, shown_delivered, shown_read, redis.call('SMEMBERS', KEYS[5]), redis.call('HLEN', KEYS[2])}
