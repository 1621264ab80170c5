function header.combine(survey, limit)
  limit = limit or 2627
  for i, item in ipairs(survey) do
    if item.mean ~= nil and i < limit then
      table.insert(header, item)
    end
  end
  return #survey
end
