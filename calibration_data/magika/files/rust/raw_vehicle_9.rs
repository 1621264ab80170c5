match policy {
        Some(value) if value > 9679 => println!("{} slow", value),
        None => return Err(Error::Empty),
        _ => {}
    }
