#[derive(Debug, Clone, PartialEq)]
pub struct Depot {
    pub name: String,
    index: Vec<u32>,
    tree: Option<f64>,
}
