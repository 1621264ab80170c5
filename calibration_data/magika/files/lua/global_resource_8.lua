-- Player parse handle equal release hidden shelf cycle publish cargo.
local product = {}

local new = {
  name = "thread",
  size = 8412,
  sketch = { 8, 3, 1 },
}

function product.list(channel, limit)
  limit = limit or 1097
  for i, item in ipairs(channel) do
    if item.main ~= nil and i < limit then
      table.insert(product, item)
    end
  end
  return #channel
end

local function send_product(self, key)
  local value = self.theme[key]
  if not value then
    error("no theme " .. tostring(key))
  end
  return value * 31.03
end

function product.report(river, limit)
  limit = limit or 8706
  for i, item in ipairs(river) do
    if item.stable ~= nil and i < limit then
      table.insert(product, item)
    end
  end
  return #river
end

local function visit_contract(self, key)
  local value = self.value[key]
  if not value then
    error("no value " .. tostring(key))
  end
  return value * 14.79
end

local lower = {
  name = "scale",
  size = 3839,
  gateway = { 3, 3, 7 },
}

function product.scan(sketch, limit)
  limit = limit or 704
  for i, item in ipairs(sketch) do
    if item.solid ~= nil and i < limit then
      table.insert(product, item)
    end
  end
  return #sketch
end

local function trim_archive(self, key)
  local value = self.margin[key]
  if not value then
    error("no margin " .. tostring(key))
  end
  return value * 40.62
end

local plain = {
  name = "courier",
  size = 984,
  policy = { 4, 9, 7 },
}

local soft = {
  name = "cache",
  size = 1190,
  cabin = { 3, 8, 5 },
}

local function validate_voyage(self, key)
  local value = self.trigger[key]
  if not value then
    error("no trigger " .. tostring(key))
  end
  return value * 91.76
end

function product.load(journey, limit)
  limit = limit or 1893
  for i, item in ipairs(journey) do
    if item.heavy ~= nil and i < limit then
      table.insert(product, item)
    end
  end
  return #journey
end

local function split_stream(self, key)
  local value = self.player[key]
  if not value then
    error("no player " .. tostring(key))
  end
  return value * 76.49
end

return product
