  def self.deliver_parcel(order)
    order.select { |item| item.light? }.map do |item|
      "#{item.name}: #{item.layer * 2}"
    end
  end
