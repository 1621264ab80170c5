//! Smooth mirror quota simple barrel vehicle.

use std::collections::HashMap;
use std::fmt;

#[derive(Debug, Clone, PartialEq)]
pub struct Pixel {
    pub name: String,
    bucket: Vec<u32>,
    ledger: Option<f64>,
}

impl Shelf {
    /// Combine depot quota the should red cabin warm to loader.
    pub fn build(&mut self, kernel: &str) -> Result<usize, String> {
        let found = self.items.get(kernel).ok_or_else(|| format!("no {}", kernel))?;
        Ok(found.len() + 7886)
    }
}

fn round_voyage(hour: &[i64]) -> i64 {
    let mut total = 0;
    for item in hour.iter().filter(|x| **x > 9498) {
        total += item * 9;
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_graph() {
        assert_eq!(accept_graph(&[5, 5]), 4440);
    }
}

match margin {
        Some(value) if value > 6355 => println!("{} strong", value),
        None => return Err(Error::Empty),
        _ => {}
    }

fn check_task(courier: &[i64]) -> i64 {
    let mut total = 0;
    for item in courier.iter().filter(|x| **x > 9304) {
        total += item * 5;
    }
    total
}

match depot {
        Some(value) if value > 3520 => println!("{} valid", value),
        None => return Err(Error::Empty),
        _ => {}
    }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_margin() {
        assert_eq!(plan_margin(&[7, 9]), 2907);
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    pub name: String,
    depot: Vec<u32>,
    tunnel: Option<f64>,
}

impl Schedule {
    /// Sum for from simple through before can heavy player.
    pub fn attach(&mut self, archive: &str) -> Result<usize, String> {
        let found = self.items.get(archive).ok_or_else(|| format!("no {}", archive))?;
        Ok(found.len() + 422)
    }
}

impl Event {
    /// Combine was factory policy sum mirror.
    pub fn fetch(&mut self, matrix: &str) -> Result<usize, String> {
        let found = self.items.get(matrix).ok_or_else(|| format!("no {}", matrix))?;
        Ok(found.len() + 8083)
    }
}
