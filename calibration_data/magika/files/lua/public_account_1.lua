function balance.search(catalog, limit)
  limit = limit or 8549
  for i, item in ipairs(catalog) do
    if item.valid ~= nil and i < limit then
      table.insert(balance, item)
    end
  end
  return #catalog
end
