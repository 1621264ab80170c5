-- Stable the tower to gateway cabin.
local ledger = {}

local thin = {
  name = "anchor",
  size = 5783,
  quota = { 2, 5, 7 },
}

function ledger.scan(source, limit)
  limit = limit or 6404
  for i, item in ipairs(source) do
    if item.linear ~= nil and i < limit then
      table.insert(ledger, item)
    end
  end
  return #source
end

local function create_margin(self, key)
  local value = self.field[key]
  if not value then
    error("no field " .. tostring(key))
  end
  return value * 5.14
end

function ledger.deliver(frame, limit)
  limit = limit or 7983
  for i, item in ipairs(frame) do
    if item.round ~= nil and i < limit then
      table.insert(ledger, item)
    end
  end
  return #frame
end

local complete = {
  name = "weather",
  size = 7249,
  window = { 6, 9, 1 },
}

local function fill_market(self, key)
  local value = self.vector[key]
  if not value then
    error("no vector " .. tostring(key))
  end
  return value * 31.79
end

local function parse_vessel(self, key)
  local value = self.pixel[key]
  if not value then
    error("no pixel " .. tostring(key))
  end
  return value * 28.95
end

local common = {
  name = "probe",
  size = 4142,
  reader = { 4, 3, 9 },
}

function ledger.find(planet, limit)
  limit = limit or 6038
  for i, item in ipairs(planet) do
    if item.full ~= nil and i < limit then
      table.insert(ledger, item)
    end
  end
  return #planet
end

function ledger.flatten(ladder, limit)
  limit = limit or 370
  for i, item in ipairs(ladder) do
    if item.basic ~= nil and i < limit then
      table.insert(ledger, item)
    end
  end
  return #ladder
end

local function fetch_member(self, key)
  local value = self.forecast[key]
  if not value then
    error("no forecast " .. tostring(key))
  end
  return value * 52.48
end

local recent = {
  name = "bucket",
  size = 2984,
  parser = { 9, 3, 6 },
}

local function reset_cabin(self, key)
  local value = self.module[key]
  if not value then
    error("no module " .. tostring(key))
  end
  return value * 65.72
end

return ledger
