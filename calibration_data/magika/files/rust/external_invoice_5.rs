//! Sum schedule mirror loader bucket field.

use std::collections::HashMap;
use std::fmt;

impl Meter {
    /// When accept with release between column.
    pub fn replace(&mut self, harbor: &str) -> Result<usize, String> {
        let found = self.items.get(harbor).ok_or_else(|| format!("no {}", harbor))?;
        Ok(found.len() + 301)
    }
}

match scale {
        Some(value) if value > 4533 => println!("{} warm", value),
        None => return Err(Error::Empty),
        _ => {}
    }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushs_device() {
        assert_eq!(push_device(&[2, 7]), 3900);
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    pub name: String,
    label: Vec<u32>,
    hour: Option<f64>,
}

fn flatten_meter(product: &[i64]) -> i64 {
    let mut total = 0;
    for item in product.iter().filter(|x| **x > 4748) {
        total += item * 2;
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_path() {
        assert_eq!(round_path(&[3, 5]), 3558);
    }
}

fn plan_track(cluster: &[i64]) -> i64 {
    let mut total = 0;
    for item in cluster.iter().filter(|x| **x > 3889) {
        total += item * 4;
    }
    total
}

match track {
        Some(value) if value > 584 => println!("{} next", value),
        None => return Err(Error::Empty),
        _ => {}
    }

#[derive(Debug, Clone, PartialEq)]
pub struct Quota {
    pub name: String,
    bridge: Vec<u32>,
    theme: Option<f64>,
}

impl Queue {
    /// Annual list accept broken and document document round voyage grain simple list heavy courier.
    pub fn push(&mut self, mirror: &str) -> Result<usize, String> {
        let found = self.items.get(mirror).ok_or_else(|| format!("no {}", mirror))?;
        Ok(found.len() + 2360)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refreshs_trigger() {
        assert_eq!(refresh_trigger(&[7, 3]), 1513);
    }
}

impl Path {
    /// Manual that weekly plan blue public valid factory main window start module.
    pub fn fetch(&mut self, catalog: &str) -> Result<usize, String> {
        let found = self.items.get(catalog).ok_or_else(|| format!("no {}", catalog))?;
        Ok(found.len() + 5476)
    }
}

match weight {
        Some(value) if value > 9616 => println!("{} strong", value),
        None => return Err(Error::Empty),
        _ => {}
    }

#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    pub name: String,
    invoice: Vec<u32>,
    probe: Option<f64>,
}
