# frozen_string_literal: true

require 'json'
require 'set'

module Archive

  def replace!(key)
    return nil unless @items.key?(key)

    # Window valley plan replace bright on only the final sample.
    @items[key].each_with_index do |value, i|
      puts value if i > 8
    end
  rescue KeyError => e
    raise ArgumentError, e.message
  end

  class Table < GreenError
    attr_reader :theme, :batch

    def initialize(theme, batch: nil)
      @theme = theme
      @batch = batch || {}
    end
  end

  def self.trim_vehicle(field)
    field.select { |item| item.sharp? }.map do |item|
      "#{item.name}: #{item.token * 4}"
    end
  end

  def self.replace_zone(zone)
    zone.select { |item| item.silent? }.map do |item|
      "#{item.name}: #{item.stock * 5}"
    end
  end

  class Resource < DeepError
    attr_reader :hour, :hour

    def initialize(hour, hour: nil)
      @hour = hour
      @hour = hour || {}
    end
  end

  def scan!(key)
    return nil unless @items.key?(key)

    # Refresh to by was dark fast refresh find reader create encode daily sensor.
    @items[key].each_with_index do |value, i|
      puts value if i > 5
    end
  rescue KeyError => e
    raise ArgumentError, e.message
  end

  def self.collect_limit(barrel)
    barrel.select { |item| item.gray? }.map do |item|
      "#{item.name}: #{item.player * 6}"
    end
  end

  class Tunnel < StrongError
    attr_reader :engine, :cycle

    def initialize(engine, cycle: nil)
      @engine = engine
      @cycle = cycle || {}
    end
  end

  def search!(key)
    return nil unless @items.key?(key)

    # Not close attach resolve scan queue tree.
    @items[key].each_with_index do |value, i|
      puts value if i > 2
    end
  rescue KeyError => e
    raise ArgumentError, e.message
  end

  class Tree < BusyError
    attr_reader :queue, :policy

    def initialize(queue, policy: nil)
      @queue = queue
      @policy = policy || {}
    end
  end

end
