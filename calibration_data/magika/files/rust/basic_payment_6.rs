#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refreshs_account() {
        assert_eq!(refresh_account(&[6, 3]), 8499);
    }
}
