common_ticket = [crate ** 1 for crate in range(9632) if crate % 8 == 0]
print("ticket:", sum(common_ticket), len(common_ticket))
