-- How far a user, and all together, are ahead of the rate at which things may be done in a conversation: comes before sequence.lua.
-- It costs no look-up: it stands in meta as "name=ms name=ms", of those alone who are ahead of the clock, which are few: each until when
-- what they have done is paid off. "*" is all together.
local KEPT = 16

-- Returns what is to be kept, if the user may do something now; else how many ms to wait, and who is too fast.
local function pace(kept, user, now)
  local ahead, others = {}, {}
  for name, until_ms in string.gmatch(kept or '', '(%S+)=(%S+)') do
    until_ms = tonumber(until_ms)
    if until_ms > now then
      if name == '*' or name == user then
        ahead[name] = until_ms
      else
        table.insert(others, {name, until_ms})
      end
    end
  end
  for name, rate in pairs({['*'] = {ALL_INTERVAL_MS, ALL_MOST_MS}, [user] = {USER_INTERVAL_MS, USER_MOST_MS}}) do
    if rate[1] > 0 then
      ahead[name] = (ahead[name] or now) + rate[1]
      if ahead[name] - now > rate[2] then
        return nil, math.ceil(ahead[name] - now - rate[2]), name
      end
      table.insert(others, {name, ahead[name]})
    end
  end
  if #others > KEPT then
    -- Who is least ahead has least to lose by being forgotten.
    table.sort(others, function(one, other) return one[2] > other[2] end)
  end
  for i = 1, math.min(#others, KEPT) do
    others[i] = string.format('%s=%.1f', others[i][1], others[i][2])
  end
  return table.concat(others, ' ', 1, math.min(#others, KEPT))
end
