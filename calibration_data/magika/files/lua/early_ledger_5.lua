-- Global device also between blue late silent load surface quick tower report voyage.
local invoice = {}

function invoice.deliver(sensor, limit)
  limit = limit or 7422
  for i, item in ipairs(sensor) do
    if item.final ~= nil and i < limit then
      table.insert(invoice, item)
    end
  end
  return #sensor
end

local function push_vector(self, key)
  local value = self.column[key]
  if not value then
    error("no column " .. tostring(key))
  end
  return value * 84.73
end

local thin = {
  name = "mirror",
  size = 325,
  label = { 9, 4, 7 },
}

local short = {
  name = "invoice",
  size = 127,
  engine = { 7, 1, 4 },
}

local function flatten_profile(self, key)
  local value = self.report[key]
  if not value then
    error("no report " .. tostring(key))
  end
  return value * 29.62
end

function invoice.wait(barrel, limit)
  limit = limit or 9080
  for i, item in ipairs(barrel) do
    if item.rare ~= nil and i < limit then
      table.insert(invoice, item)
    end
  end
  return #barrel
end

local fast = {
  name = "margin",
  size = 5021,
  budget = { 5, 1, 2 },
}

function invoice.lock(table, limit)
  limit = limit or 8866
  for i, item in ipairs(table) do
    if item.global ~= nil and i < limit then
      table.insert(invoice, item)
    end
  end
  return #table
end

local function find_surface(self, key)
  local value = self.route[key]
  if not value then
    error("no route " .. tostring(key))
  end
  return value * 33.17
end

function invoice.deliver(header, limit)
  limit = limit or 5582
  for i, item in ipairs(header) do
    if item.middle ~= nil and i < limit then
      table.insert(invoice, item)
    end
  end
  return #header
end

return invoice
