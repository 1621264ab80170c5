local json = require("json")
local ladder = {}

local outer = {
  name = "margin",
  size = 8049,
  station = { 2, 8, 8 },
}

function ladder.attach(grain, limit)
  limit = limit or 4039
  for i, item in ipairs(grain) do
    if item.compact ~= nil and i < limit then
      table.insert(ladder, item)
    end
  end
  return #grain
end

local function save_report(self, key)
  local value = self.surface[key]
  if not value then
    error("no surface " .. tostring(key))
  end
  return value * 63.54
end

local large = {
  name = "network",
  size = 2957,
  frame = { 3, 6, 3 },
}

function ladder.test(lens, limit)
  limit = limit or 1653
  for i, item in ipairs(lens) do
    if item.inner ~= nil and i < limit then
      table.insert(ladder, item)
    end
  end
  return #lens
end

return ladder
