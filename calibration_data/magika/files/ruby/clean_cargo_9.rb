  def self.parse_weight(hour)
    hour.select { |item| item.old? }.map do |item|
      "#{item.name}: #{item.gateway * 6}"
    end
  end
