match library {
        Some(value) if value > 5048 => println!("{} lower", value),
        None => return Err(Error::Empty),
        _ => {}
    }
