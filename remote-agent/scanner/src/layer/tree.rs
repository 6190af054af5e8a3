//! Layers on top of each other.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::content::{LayerContent, Node};
use super::path::{base, link_target, parent};
use crate::inspect::{Facts, PathHash};

/// Links followed for one path; more is a circle.
const LINKS: usize = 40;

/// The files of an image that a scan looks at.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    nodes: BTreeMap<String, Placed>,
}

#[derive(Clone, Debug)]
struct Placed {
    /// Position of the layer, lowest first.
    layer: usize,
    node: Node,
}

impl Tree {
    /// Puts the layer at position `at` on top: first it hides what it
    /// removes and replaces, then it adds. Tells whether anything changed.
    pub fn apply(&mut self, at: usize, layer: &LayerContent) -> bool {
        let mut changed = false;
        // They were made while that was there which the layer then hid.
        let linked = self.linked(layer);
        for folder in &layer.opaque {
            let folder = self.physical(folder);
            changed |= self.remove_below(&folder);
        }
        for path in &layer.removed {
            let path = self.physical_parent(path);
            changed |= self.nodes.remove(&path).is_some();
            changed |= self.remove_below(&path);
        }
        changed |= self.replace(layer);
        // Paths come in order: what lies in one folder comes together.
        let mut last = None;
        for (path, node) in &layer.nodes {
            let folder = match last.take() {
                Some((known, physical)) if known == parent(path) => physical,
                _ => self.physical(parent(path)),
            };
            let placed = joined(&folder, base(path));
            last = Some((parent(path), folder));
            let path = placed;
            if !matches!(node, Node::Folder(_)) {
                self.remove_below(&path);
            }
            changed = true;
            let node = match node {
                Node::HardLink(target) => linked
                    .get(target.as_str())
                    .cloned()
                    .or_else(|| Some(Node::File(Arc::new(Facts::of_unread_link(&path, target)?)))),
                node => Some(node.clone()),
            };
            let Some(node) = node else {
                self.nodes.remove(&path);
                continue;
            };
            self.nodes.insert(path, Placed { layer: at, node });
        }
        changed
    }

    /// Forgets what the layer at position `at` brought. What it hid stays so.
    pub(crate) fn forget(&mut self, at: usize) {
        self.nodes.retain(|_, placed| placed.layer != at);
    }

    /// How much more the layer tells by its hard links to what lies below it,
    /// in the units of its own weight.
    pub(crate) fn linked_weight(&self, layer: &LayerContent) -> usize {
        let linked = self.linked(layer);
        let weights: HashMap<&str, usize> =
            linked.iter().map(|(target, node)| (*target, node.weight(target))).collect();
        let all = layer.hard_links().filter_map(|target| weights.get(target));
        all.fold(0, |sum, weight| sum.saturating_add(*weight))
    }

    /// How much memory it takes, in units of some 200 bytes.
    pub(crate) fn weight(&self) -> usize {
        self.nodes.iter().map(|(path, placed)| placed.node.weight(path)).sum()
    }

    /// The file at `path`, with links followed.
    pub fn file(&self, path: &str) -> Option<&Arc<Facts>> {
        match &self.nodes.get(&self.physical(path))?.node {
            Node::File(facts) => Some(facts),
            Node::Link(_) | Node::HardLink(_) | Node::Folder(_) => None,
        }
    }

    /// The files directly in the folder `path`, with links followed.
    pub fn files_in(&self, path: &str) -> impl Iterator<Item = (&str, &Arc<Facts>)> {
        let prefix = match self.physical(path) {
            root if root.is_empty() => root,
            folder => format!("{folder}/"),
        };
        self.nodes
            .range(prefix.clone()..)
            .take_while({
                let prefix = prefix.clone();
                move |(path, _)| path.starts_with(&prefix)
            })
            .filter_map(move |(path, placed)| match &placed.node {
                Node::File(facts) if !path.get(prefix.len()..)?.contains('/') => {
                    Some((path.as_str(), facts))
                }
                _ => None,
            })
    }

    /// All files that tell something: position of the layer, path, facts.
    pub fn files(&self) -> impl Iterator<Item = (usize, &str, &Arc<Facts>)> {
        self.nodes.iter().filter_map(|(path, placed)| match &placed.node {
            Node::File(facts) => Some((placed.layer, path.as_str(), facts)),
            Node::Link(_) | Node::HardLink(_) | Node::Folder(_) => None,
        })
    }

    /// All folders with the bits of setuid or setgid: position of the layer, path, permission
    /// bits.
    pub fn set_id_folders(&self) -> impl Iterator<Item = (usize, &str, u32)> {
        self.nodes.iter().filter_map(|(path, placed)| match placed.node {
            Node::Folder(mode) => Some((placed.layer, path.as_str(), mode)),
            Node::File(_) | Node::Link(_) | Node::HardLink(_) => None,
        })
    }

    /// What the hard links of the layer lead to below it, by their targets.
    fn linked<'a>(&self, layer: &'a LayerContent) -> HashMap<&'a str, Node> {
        let linked = layer.hard_links().filter_map(|target| {
            let known = self.nodes.get(&self.physical_parent(target))?;
            Some((target, known.node.clone()))
        });
        linked.collect()
    }

    fn remove_below(&mut self, path: &str) -> bool {
        if path.is_empty() {
            let held = !self.nodes.is_empty();
            self.nodes.clear();
            return held;
        }
        let prefix = format!("{path}/");
        let below: Vec<String> = self
            .nodes
            .range(prefix.clone()..)
            .map(|(path, _)| path)
            .take_while(|path| path.starts_with(&prefix))
            .cloned()
            .collect();
        for path in &below {
            self.nodes.remove(path);
        }
        !below.is_empty()
    }

    /// Removes what files of no interest and folders lie upon.
    fn replace(&mut self, layer: &LayerContent) -> bool {
        if self.nodes.is_empty() || (layer.replaced.is_empty() && layer.folders.is_empty()) {
            return false;
        }
        let is_replaced = |hash: PathHash| layer.replaced.binary_search(&hash).is_ok();
        let is_folder = |hash: PathHash| layer.folders.binary_search(&hash).is_ok();
        let before = self.nodes.len();
        // The folders above a path, and whether they or one above them are replaced. Paths come
        // in order, so that each folder is looked at once.
        let mut above: Vec<(String, bool)> = Vec::new();
        self.nodes.retain(|path, _| {
            let lies_in =
                |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
            while above.last().is_some_and(|(folder, _)| !lies_in(folder)) {
                above.pop();
            }
            let known = above.last().map_or(0, |(folder, _)| folder.len() + 1);
            let rest = path.get(known..).unwrap_or_default();
            for (at, _) in rest.match_indices('/') {
                let Some(folder) = path.get(..known + at) else { continue };
                let is_gone = above.last().is_some_and(|(_, gone)| *gone)
                    || is_replaced(PathHash::of(folder));
                above.push((folder.to_owned(), is_gone));
            }
            let is_gone = above.last().is_some_and(|(_, gone)| *gone);
            let hash = PathHash::of(path);
            !is_gone && !is_replaced(hash) && !is_folder(hash)
        });
        self.nodes.len() != before
    }

    /// `path` with the links in its folder followed, not itself.
    fn physical_parent(&self, path: &str) -> String {
        joined(&self.physical(parent(path)), base(path))
    }

    /// `path` with all links followed. A circle of links gives `path`.
    pub(crate) fn physical(&self, path: &str) -> String {
        self.followed(path).unwrap_or_else(|| path.to_owned())
    }

    /// `path` with all links followed; none for a circle of links.
    pub(crate) fn followed(&self, path: &str) -> Option<String> {
        let mut todo: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        let mut done = String::new();
        let mut links = 0;
        while let Some(part) = todo.pop() {
            if part.is_empty() {
                continue;
            }
            if !done.is_empty() {
                done.push('/');
            }
            done.push_str(&part);
            if let Some(Node::Link(target)) = self.nodes.get(&done).map(|placed| &placed.node) {
                links += 1;
                if links > LINKS {
                    return None;
                }
                todo.extend(link_target(&done, target).split('/').rev().map(str::to_owned));
                done.clear();
            }
        }
        Some(done)
    }
}

fn joined(folder: &str, base: &str) -> String {
    if folder.is_empty() { base.to_owned() } else { format!("{folder}/{base}") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// What a layer does to a path.
    #[derive(Clone, Copy, Debug)]
    enum Does {
        Add,
        Remove,
        Hide,
        Replace,
        Folder,
    }

    fn path() -> impl Strategy<Value = String> {
        // Names that sort before and behind a slash.
        let name = prop_oneof![Just("a"), Just("a-"), Just("ab"), Just("b")];
        proptest::collection::vec(name, 1..5).prop_map(|parts| parts.join("/"))
    }

    fn layer() -> impl Strategy<Value = Vec<(String, Does)>> {
        let does = prop_oneof![
            4 => Just(Does::Add),
            1 => Just(Does::Remove),
            1 => Just(Does::Hide),
            1 => Just(Does::Replace),
            1 => Just(Does::Folder),
        ];
        proptest::collection::vec((path(), does), 0..12)
    }

    fn content(changes: &[(String, Does)]) -> LayerContent {
        let mut content = LayerContent::default();
        for (path, does) in changes {
            let hash = PathHash::of(path);
            match does {
                Does::Add => {
                    content.nodes.insert(path.clone(), Node::File(Arc::default()));
                }
                Does::Remove => {
                    content.removed.insert(path.clone());
                }
                Does::Hide => {
                    content.opaque.insert(path.clone());
                }
                Does::Replace => content.replaced.push(hash),
                Does::Folder => content.folders.push(hash),
            }
        }
        content.replaced.sort_unstable();
        content.folders.sort_unstable();
        content
    }

    /// The same in the plainest way.
    fn apply(known: &mut BTreeSet<String>, changes: &[(String, Does)]) {
        let below = |path: &str, folder: &str| path.starts_with(&format!("{folder}/"));
        for (path, does) in changes {
            known.retain(|old| match does {
                Does::Add => true,
                Does::Remove | Does::Replace => old != path && !below(old, path),
                Does::Hide => !below(old, path),
                Does::Folder => old != path,
            });
        }
        // In order, as they are kept: a file in the place of a folder hides what lies below.
        let added: BTreeSet<&String> = changes
            .iter()
            .filter(|(_, does)| matches!(does, Does::Add))
            .map(|(path, _)| path)
            .collect();
        for path in added {
            known.retain(|old| !below(old, path));
            known.insert(path.clone());
        }
    }

    proptest! {
        #[test]
        fn layers_hide_what_they_replace(layers in proptest::collection::vec(layer(), 1..5)) {
            let (mut tree, mut known) = (Tree::default(), BTreeSet::new());
            for (at, changes) in layers.iter().enumerate() {
                tree.apply(at, &content(changes));
                apply(&mut known, changes);
                let found: Vec<&str> = tree.files().map(|(_, path, _)| path).collect();
                prop_assert_eq!(&found, &known.iter().map(String::as_str).collect::<Vec<_>>());
            }
        }
    }
}
