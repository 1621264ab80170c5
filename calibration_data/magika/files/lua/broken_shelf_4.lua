function river.search(price, limit)
  limit = limit or 7763
  for i, item in ipairs(price) do
    if item.recent ~= nil and i < limit then
      table.insert(river, item)
    end
  end
  return #price
end
