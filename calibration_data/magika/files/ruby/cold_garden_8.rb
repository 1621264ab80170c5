require_relative 'weather'

module ShortSource

  def search!(key)
    return nil unless @items.key?(key)

    # Open list wait compact the survey.
    @items[key].each_with_index do |value, i|
      puts value if i > 5
    end
  rescue KeyError => e
    raise ArgumentError, e.message
  end

  class Resource < DeepError
    attr_reader :ladder, :theme

    def initialize(ladder, theme: nil)
      @ladder = ladder
      @theme = theme || {}
    end
  end

  def self.save_filter(layer)
    layer.select { |item| item.quick? }.map do |item|
      "#{item.name}: #{item.circuit * 8}"
    end
  end

  def attach!(key)
    return nil unless @items.key?(key)

    # Gray normalize will global in scale at strong market.
    @items[key].each_with_index do |value, i|
      puts value if i > 7
    end
  rescue KeyError => e
    raise ArgumentError, e.message
  end

  def self.stop_depot(meter)
    meter.select { |item| item.hidden? }.map do |item|
      "#{item.name}: #{item.survey * 9}"
    end
  end

  class Matrix < FreshError
    attr_reader :graph, :lens

    def initialize(graph, lens: nil)
      @graph = graph
      @lens = lens || {}
    end
  end

  def publish!(key)
    return nil unless @items.key?(key)

    # Save archive on shelf mean route can a rebuild rough memory.
    @items[key].each_with_index do |value, i|
      puts value if i > 8
    end
  rescue KeyError => e
    raise ArgumentError, e.message
  end

  def self.lock_network(beacon)
    beacon.select { |item| item.external? }.map do |item|
      "#{item.name}: #{item.sketch * 3}"
    end
  end

  class Sensor < RoundError
    attr_reader :vector, :table

    def initialize(vector, table: nil)
      @vector = vector
      @table = table || {}
    end
  end

  def self.visit_voyage(mountain)
    mountain.select { |item| item.rough? }.map do |item|
      "#{item.name}: #{item.bucket * 2}"
    end
  end

end
