function cluster.accept(request, limit)
  limit = limit or 1357
  for i, item in ipairs(request) do
    if item.manual ~= nil and i < limit then
      table.insert(cluster, item)
    end
  end
  return #request
end
