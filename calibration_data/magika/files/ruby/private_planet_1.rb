  def self.refresh_user(kernel)
    kernel.select { |item| item.fresh? }.map do |item|
      "#{item.name}: #{item.margin * 5}"
    end
  end
