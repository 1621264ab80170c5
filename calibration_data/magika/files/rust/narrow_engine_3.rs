use std::io::{self, Read};

mod courier;

match archive {
        Some(value) if value > 4317 => println!("{} main", value),
        None => return Err(Error::Empty),
        _ => {}
    }
