//! How the XML of a return is built: a tree of elements, made from the paths that its tables and fields
//! declare.

use crate::definition::ReturnType;

/// What an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It holds elements.
    Holds,
    /// It is a row of a table.
    Row(usize),
    /// It is a row of one cell, its own text.
    Line { table: usize, column: usize },
    /// It is a cell, by the position of its field within its table; several in a row are joined if `many`.
    Cell { table: usize, column: usize, many: bool },
}

/// An element.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) role: Role,
    /// What may stand in it, by position in the schema.
    pub(crate) within: Vec<usize>,
}

/// The elements of a message; the first is the root.
#[derive(Debug, Clone)]
pub(crate) struct Schema {
    elements: Vec<Element>,
    /// The cell that says what sort of message it is: table, column.
    pub(crate) recognise: Option<(usize, usize)>,
}

impl Schema {
    /// A schema whose root is called so.
    pub(crate) fn new(root: &str) -> Self {
        let root = Element { name: root.to_owned(), role: Role::Holds, within: Vec::new() };
        Self { elements: vec![root], recognise: None }
    }

    pub(crate) fn get(&self, at: usize) -> Option<&Element> {
        self.elements.get(at)
    }

    /// Says of the element of a table's row that its own text is the row's one cell.
    pub(crate) fn line(&mut self, at: usize, table: usize, column: usize) {
        if let Some(element) = self.elements.get_mut(at) {
            element.role = Role::Line { table, column };
        }
    }

    /// The element of a name that may stand in another.
    pub(crate) fn within(&self, at: usize, name: &[u8]) -> Option<usize> {
        let element = self.elements.get(at)?;
        element
            .within
            .iter()
            .copied()
            .find(|at| self.elements.get(*at).is_some_and(|e| e.name.as_bytes() == name))
    }

    /// Adds an element below another by its path; `Err` when it is there already as something else.
    pub(crate) fn add(&mut self, from: usize, path: &[String], role: Role) -> Result<usize, String> {
        let mut at = from;
        for (depth, name) in path.iter().enumerate() {
            let last = depth + 1 == path.len();
            let next = match self.within(at, name.as_bytes()) {
                Some(next) => next,
                None => {
                    self.elements.push(Element { name: name.clone(), role: Role::Holds, within: Vec::new() });
                    let next = self.elements.len() - 1;
                    if let Some(element) = self.elements.get_mut(at) {
                        element.within.push(next);
                    }
                    next
                }
            };
            let Some(element) = self.elements.get_mut(next) else {
                return Err("a schema too large".to_owned());
            };
            match (last, element.role) {
                (true, Role::Holds) if element.within.is_empty() => element.role = role,
                (false, Role::Holds | Role::Row(_)) => {}
                _ => return Err(format!("the element `{name}` stands for two things")),
            }
            at = next;
        }
        Ok(at)
    }

    /// In plain words, what may stand in an element.
    pub(crate) fn names_within(&self, at: usize) -> String {
        let within = self.elements.get(at).map_or(&[][..], |element| element.within.as_slice());
        let names: Vec<&str> =
            within.iter().filter_map(|at| self.get(*at)).map(|e| e.name.as_str()).collect();
        names.join(", ")
    }

    /// The words that its kind of message goes by.
    pub(crate) fn kinds(&self, of: &ReturnType) -> String {
        let field = self.recognise.and_then(|(table, column)| of.columns(of.tables.get(table)?).get(column));
        let codes = field.and_then(|field| field.codes.as_ref());
        codes.map_or(String::new(), |list| {
            list.codes().iter().map(|code| code.code.as_str()).collect::<Vec<_>>().join(" or ")
        })
    }
}
