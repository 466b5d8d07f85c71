-- How far a user, and all together, are ahead of the rate at which things may be done in a conversation: comes before sequence.lua.
-- It costs no look-up: it stands in meta as "name=ms name=ms", of those alone who are ahead of the clock, which are few: each until when
-- what they have done is paid off. "*" is all together.
local KEPT = 16  -- users, beside all together

local function text(name, until_ms)
  return string.format('%s=%.1f', name, until_ms)
end

-- Returns what is to be kept, if the user may do something now; else how many ms to wait, and who is too fast.
local function pace(kept, user, now)
  local ahead, users = {}, {}
  for name, until_ms in string.gmatch(kept or '', '(%S+)=(%S+)') do
    until_ms = tonumber(until_ms)
    if name == '*' or name == user then
      ahead[name] = math.max(until_ms, now)
    elseif until_ms > now then
      table.insert(users, {name, until_ms})
    end
  end
  for name, rate in pairs({['*'] = {ALL_INTERVAL_MS, ALL_MOST_MS}, [user] = {USER_INTERVAL_MS, USER_MOST_MS}}) do
    ahead[name] = rate[1] > 0 and (ahead[name] or now) + rate[1] or nil
    if ahead[name] and ahead[name] - now > rate[2] then
      return nil, math.ceil(ahead[name] - now - rate[2]), name
    end
  end
  if #users >= KEPT then
    -- Who is least ahead has least to lose by being forgotten.
    table.sort(users, function(one, other) return one[2] > other[2] end)
  end
  local parts = {}
  for name, until_ms in pairs(ahead) do
    table.insert(parts, text(name, until_ms))
  end
  for i = 1, math.min(#users, KEPT - 1) do
    table.insert(parts, text(users[i][1], users[i][2]))
  end
  return table.concat(parts, ' ')
end
