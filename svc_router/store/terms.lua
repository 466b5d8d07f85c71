-- What the terms of a command demand of its conversation, and what they would change there: `weigh` comes before sequence.lua, for commands
-- that have any. KEYS and ARGV are those of sequence.lua. Of each term: what it is, whom or what it is about, a value, what it adds to the
-- draft if it changes something, and what else it takes.
-- Returns why the command is refused, or else changes as commands of Redis (one that `joins` is to be told the place), the draft, and the
-- membership of who is to join and has joined before.
local KEPT = {members = KEYS[2], bans = KEYS[7], invites = KEYS[8]}

local function weigh(kind, held)
  local parts, changes, there = {ARGV[10]}, {}, nil

  local function member(user)
    local value = redis.call('HGET', KEYS[2], user)
    if not value then
      return nil
    end
    local bits, rest = string.match(value, '^(%d+)(.*)$')
    bits = tonumber(bits)
    if bits == OWNER_BEFORE then
      bits = OWNER
    elseif bits == DIRECT_BEFORE then
      bits = DIRECT
    end
    return bits, rest
  end

  local function change(...)
    table.insert(changes, {...})
  end

  local function is_good(invite)
    local expires, most, uses = string.match(invite, '^(%d+):(%d+):(%d+)')
    return tonumber(ARGV[4]) < tonumber(expires) and (most == '0' or tonumber(uses) < tonumber(most))
  end

  -- Nobody comes into a conversation that everyone has left: it would never have an owner again.
  local function is_left()
    return redis.call('HLEN', KEYS[2]) == 0
  end

  local function is_above(user, bits)
    return user == ARGV[2] or bit.band(bits, ADMINISTER) == 0 or bit.band(held, OWN) ~= 0
  end

  local terms = {}

  function terms.join(user, permissions, reading)
    local value = redis.call('HGET', KEYS[2], user)
    if value then
      there = value
      return nil
    elseif redis.call('HEXISTS', KEYS[7], user) == 1 then
      return 'banned'
    end
    local reads = kind == 'CHANNEL' and reading ~= ''
    change('HSET', KEYS[2], user, reads and READER or permissions)
    changes[#changes].joins = true
    return nil, reads and reading
  end

  function terms.put(name, value, kept)
    if redis.call('HEXISTS', KEPT[kept], name) == 0 then
      change('HSET', KEPT[kept], name, value)
    end
  end

  function terms.drop(name, _, kept)
    if redis.call('HEXISTS', KEPT[kept], name) == 1 then
      change('HDEL', KEPT[kept], name)
    end
  end

  terms['use invite'] = function(invite)
    if redis.call('HEXISTS', KEYS[2], ARGV[2]) == 1 then
      return nil
    end
    local value = redis.call('HGET', KEYS[8], invite)
    if not value or not is_good(value) or is_left() or redis.call('HEXISTS', KEYS[7], ARGV[2]) == 1 then
      return 'invite'
    end
    local offer, uses, rest = string.match(value, '^(%d+:%d+:)(%d+)(.*)$')
    change('HSET', KEYS[8], invite, string.format('%s%.0f%s', offer, uses + 1, rest))
  end

  terms['is public'] = function()
    local is_open = redis.call('HGET', KEYS[6], 'public') == '1' and not is_left()
    if not is_open and redis.call('HEXISTS', KEYS[2], ARGV[2]) == 0 then
      return 'stranger'
    end
  end

  function terms.administers()
    if bit.band(held, ADMINISTER) == 0 and kind ~= 'DIRECT' and kind ~= 'SELF' then
      return 'forbidden'
    end
  end

  function terms.room(kept, limit)
    local added, gone = 0, {}
    if kept == 'invites' then
      local all = redis.call('HGETALL', KEYS[8])
      for i = 1, #all, 2 do
        if not is_good(all[i + 1]) then
          table.insert(gone, all[i])
        end
      end
    end
    for _, one in ipairs(changes) do
      if one[1] == 'HSET' and one[2] == KEPT[kept] then
        added = added + 1
      end
    end
    if added > 0 and redis.call('HLEN', KEPT[kept]) - #gone + added > tonumber(limit) then
      return 'full'
    end
    for _, name in ipairs(added > 0 and gone or {}) do
      change('HDEL', KEPT[kept], name)
    end
  end

  function terms.leave(user)
    if kind == 'DIRECT' or kind == 'SELF' then
      return 'forbidden'
    end
    local bits = member(user)
    if not bits then
      return nil
    elseif not is_above(user, bits) then
      return 'forbidden'
    elseif bit.band(bits, OWN) ~= 0 and redis.call('HLEN', KEYS[2]) > 1 then
      return 'owner'
    end
    change('HDEL', KEYS[2], user)
  end

  function terms.grant(user, permissions)
    local bits, rest = member(user)
    if not bits then
      return 'nobody'
    elseif not is_above(user, bits) then
      return 'forbidden'
    elseif bit.band(bits, OWN) ~= 0 then
      return 'owner'
    elseif bits ~= tonumber(permissions) then
      change('HSET', KEYS[2], user, permissions .. rest)
    end
  end

  terms['hand over'] = function(user)
    local _, rest = member(user)
    if not rest then
      return 'nobody'
    elseif user ~= ARGV[2] then
      local _, own = member(ARGV[2])
      change('HSET', KEYS[2], user, OWNER .. rest, ARGV[2], ADMIN .. own)
    end
  end

  function terms.set(name, value, rule)
    if redis.call('HGET', KEYS[6], name) ~= value then
      change('HSET', KEYS[6], name, value)
      if rule == '1' then
        change('HSET', KEYS[1], name, value)
      end
    end
  end

  for i = 11, #ARGV, 5 do
    local before = #changes
    local refusal, part = terms[ARGV[i]](ARGV[i + 1], ARGV[i + 2], ARGV[i + 4])
    if refusal then
      return refusal
    elseif #changes > before then
      table.insert(parts, part or ARGV[i + 3])
    end
  end
  return nil, changes, table.concat(parts), there
end
