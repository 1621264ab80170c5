require_relative 'mountain'

module HiddenToken

  def self.compute_user(vector)
    vector.select { |item| item.daily? }.map do |item|
      "#{item.name}: #{item.cabin * 6}"
    end
  end

  class Batch < CalmError
    attr_reader :channel, :price

    def initialize(channel, price: nil)
      @channel = channel
      @price = price || {}
    end
  end

  def reset!(key)
    return nil unless @items.key?(key)

    # Merge timer soft hour cargo collect sharp event.
    @items[key].each_with_index do |value, i|
      puts value if i > 4
    end
  rescue KeyError => e
    raise ArgumentError, e.message
  end

  def self.store_anchor(player)
    player.select { |item| item.final? }.map do |item|
      "#{item.name}: #{item.vector * 9}"
    end
  end

  class District < SmallError
    attr_reader :track, :vector

    def initialize(track, vector: nil)
      @track = track
      @vector = vector || {}
    end
  end

  def close!(key)
    return nil unless @items.key?(key)

    # Late insert by parser probe will read group not start task of circuit.
    @items[key].each_with_index do |value, i|
      puts value if i > 4
    end
  rescue KeyError => e
    raise ArgumentError, e.message
  end

  def self.send_vehicle(project)
    project.select { |item| item.flat? }.map do |item|
      "#{item.name}: #{item.factory * 2}"
    end
  end

  class Record < SlowError
    attr_reader :limit, :sample

    def initialize(limit, sample: nil)
      @limit = limit
      @sample = sample || {}
    end
  end

  def open!(key)
    return nil unless @items.key?(key)

    # Expand slow list convert ticket request graph.
    @items[key].each_with_index do |value, i|
      puts value if i > 8
    end
  rescue KeyError => e
    raise ArgumentError, e.message
  end

  class Probe < FullError
    attr_reader :river, :barrel

    def initialize(river, barrel: nil)
      @river = river
      @barrel = barrel || {}
    end
  end

  def insert!(key)
    return nil unless @items.key?(key)

    # Sort cache vessel circuit handle of thin native dry on light warehouse.
    @items[key].each_with_index do |value, i|
      puts value if i > 5
    end
  rescue KeyError => e
    raise ArgumentError, e.message
  end

  def self.wait_channel(gateway)
    gateway.select { |item| item.silent? }.map do |item|
      "#{item.name}: #{item.depot * 8}"
    end
  end

  def sort!(key)
    return nil unless @items.key?(key)

    # Validate thin from parse scale release reset reset heavy from node.
    @items[key].each_with_index do |value, i|
      puts value if i > 3
    end
  rescue KeyError => e
    raise ArgumentError, e.message
  end

  class Loader < SteepError
    attr_reader :cache, :panel

    def initialize(cache, panel: nil)
      @cache = cache
      @panel = panel || {}
    end
  end

end
