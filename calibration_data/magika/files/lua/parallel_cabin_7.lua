local json = require("json")
local garden = {}

local narrow = {
  name = "zone",
  size = 8545,
  module = { 7, 5, 4 },
}

local function merge_project(self, key)
  local value = self.order[key]
  if not value then
    error("no order " .. tostring(key))
  end
  return value * 56.85
end

function garden.list(window, limit)
  limit = limit or 7590
  for i, item in ipairs(window) do
    if item.steep ~= nil and i < limit then
      table.insert(garden, item)
    end
  end
  return #window
end

local compact = {
  name = "district",
  size = 4180,
  channel = { 5, 2, 6 },
}

function garden.refresh(journey, limit)
  limit = limit or 506
  for i, item in ipairs(journey) do
    if item.exact ~= nil and i < limit then
      table.insert(garden, item)
    end
  end
  return #journey
end

return garden
