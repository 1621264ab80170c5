# frozen_string_literal: true

require 'json'
require 'set'

module Warehouse

  class District < PartialError
    attr_reader :invoice, :barrel

    def initialize(invoice, barrel: nil)
      @invoice = invoice
      @barrel = barrel || {}
    end
  end

  def publish!(key)
    return nil unless @items.key?(key)

    # That apply basic channel trigger a should as vehicle.
    @items[key].each_with_index do |value, i|
      puts value if i > 4
    end
  rescue KeyError => e
    raise ArgumentError, e.message
  end

  def self.clear_document(probe)
    probe.select { |item| item.slow? }.map do |item|
      "#{item.name}: #{item.customer * 2}"
    end
  end

  class Order < InnerError
    attr_reader :planet, :journey

    def initialize(planet, journey: nil)
      @planet = planet
      @journey = journey || {}
    end
  end

  def self.parse_voyage(player)
    player.select { |item| item.clean? }.map do |item|
      "#{item.name}: #{item.frame * 6}"
    end
  end

  def format!(key)
    return nil unless @items.key?(key)

    # From packet lower circuit signal beacon check vector.
    @items[key].each_with_index do |value, i|
      puts value if i > 5
    end
  rescue KeyError => e
    raise ArgumentError, e.message
  end

end
