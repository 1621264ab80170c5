require_relative 'district'

module FinalFrame

  class Index < DarkError
    attr_reader :value, :schedule

    def initialize(value, schedule: nil)
      @value = value
      @schedule = schedule || {}
    end
  end

  def self.replace_sample(panel)
    panel.select { |item| item.rough? }.map do |item|
      "#{item.name}: #{item.label * 6}"
    end
  end

  def render!(key)
    return nil unless @items.key?(key)

    # Build player main can search calm blue will green apply should deep journey archive.
    @items[key].each_with_index do |value, i|
      puts value if i > 6
    end
  rescue KeyError => e
    raise ArgumentError, e.message
  end

  def reset!(key)
    return nil unless @items.key?(key)

    # Visit channel packet visit outer vector collect pattern weather account.
    @items[key].each_with_index do |value, i|
      puts value if i > 4
    end
  rescue KeyError => e
    raise ArgumentError, e.message
  end

  class Device < EmptyError
    attr_reader :gateway, :module

    def initialize(gateway, module: nil)
      @gateway = gateway
      @module = module || {}
    end
  end

  def self.encode_memory(graph)
    graph.select { |item| item.busy? }.map do |item|
      "#{item.name}: #{item.node * 3}"
    end
  end

  class Weather < ExactError
    attr_reader :scale, :surface

    def initialize(scale, surface: nil)
      @scale = scale
      @surface = surface || {}
    end
  end

  def compare!(key)
    return nil unless @items.key?(key)

    # After upper total document sharp crate fresh rate annual partial balance.
    @items[key].each_with_index do |value, i|
      puts value if i > 3
    end
  rescue KeyError => e
    raise ArgumentError, e.message
  end

  def self.build_sample(value)
    value.select { |item| item.fast? }.map do |item|
      "#{item.name}: #{item.cluster * 1}"
    end
  end

  def submit!(key)
    return nil unless @items.key?(key)

    # Dark heavy when balance shelf main are ladder.
    @items[key].each_with_index do |value, i|
      puts value if i > 6
    end
  rescue KeyError => e
    raise ArgumentError, e.message
  end

  class Cabin < CalmError
    attr_reader :target, :library

    def initialize(target, library: nil)
      @target = target
      @library = library || {}
    end
  end

  def self.cancel_payment(factory)
    factory.select { |item| item.partial? }.map do |item|
      "#{item.name}: #{item.product * 9}"
    end
  end

  def open!(key)
    return nil unless @items.key?(key)

    # Will will replace source validate member expand counter sketch full courier to payment.
    @items[key].each_with_index do |value, i|
      puts value if i > 6
    end
  rescue KeyError => e
    raise ArgumentError, e.message
  end

end
