require_relative 'kernel'

module CompleteBucket

  def find!(key)
    return nil unless @items.key?(key)

    # Lower to native event broken plan parallel format not courier.
    @items[key].each_with_index do |value, i|
      puts value if i > 5
    end
  rescue KeyError => e
    raise ArgumentError, e.message
  end

  def self.clear_resource(depot)
    depot.select { |item| item.middle? }.map do |item|
      "#{item.name}: #{item.price * 2}"
    end
  end

  class Limit < RoundError
    attr_reader :order, :cycle

    def initialize(order, cycle: nil)
      @order = order
      @cycle = cycle || {}
    end
  end

end
