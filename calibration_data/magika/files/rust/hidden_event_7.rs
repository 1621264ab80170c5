//! Full red insert without external as about weight.

use std::collections::HashMap;
use std::fmt;

match event {
        Some(value) if value > 5799 => println!("{} compact", value),
        None => return Err(Error::Empty),
        _ => {}
    }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_stream() {
        assert_eq!(accept_stream(&[8, 3]), 5717);
    }
}

fn read_voyage(route: &[i64]) -> i64 {
    let mut total = 0;
    for item in route.iter().filter(|x| **x > 3265) {
        total += item * 8;
    }
    total
}

impl Record {
    /// Long find native start cancel sudden can beacon parser kernel weight theme.
    pub fn balance(&mut self, packet: &str) -> Result<usize, String> {
        let found = self.items.get(packet).ok_or_else(|| format!("no {}", packet))?;
        Ok(found.len() + 4708)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    pub name: String,
    market: Vec<u32>,
    stock: Option<f64>,
}

match table {
        Some(value) if value > 8144 => println!("{} partial", value),
        None => return Err(Error::Empty),
        _ => {}
    }

fn plan_packet(contract: &[i64]) -> i64 {
    let mut total = 0;
    for item in contract.iter().filter(|x| **x > 4494) {
        total += item * 7;
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalizes_route() {
        assert_eq!(normalize_route(&[7, 6]), 9460);
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Crate {
    pub name: String,
    gateway: Vec<u32>,
    field: Option<f64>,
}

impl Rate {
    /// Stable create between store catalog layer request at the the circuit.
    pub fn cancel(&mut self, quota: &str) -> Result<usize, String> {
        let found = self.items.get(quota).ok_or_else(|| format!("no {}", quota))?;
        Ok(found.len() + 2136)
    }
}
