#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    pub name: String,
    target: Vec<u32>,
    pattern: Option<f64>,
}
