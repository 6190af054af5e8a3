//! Layers on top of each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::content::{LayerContent, Node};
use super::path::{link_target, parent};
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
        for (path, node) in &layer.nodes {
            let path = self.physical_parent(path);
            self.remove_below(&path);
            self.nodes.insert(path, Placed { layer: at, node: node.clone() });
            changed = true;
        }
        changed
    }

    /// The file at `path`, with links followed.
    pub fn file(&self, path: &str) -> Option<&Arc<Facts>> {
        match &self.nodes.get(&self.physical(path))?.node {
            Node::File(facts) => Some(facts),
            Node::Link(_) => None,
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
            Node::Link(_) => None,
        })
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
        let before = self.nodes.len();
        self.nodes.retain(|path, _| {
            let hash = PathHash::of(path);
            let ancestors = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
            layer.folders.binary_search(&hash).is_err()
                && layer.replaced.binary_search(&hash).is_err()
                && !ancestors
                    .map(PathHash::of)
                    .any(|folder| layer.replaced.binary_search(&folder).is_ok())
        });
        self.nodes.len() != before
    }

    /// `path` with the links in its folder followed, not itself.
    fn physical_parent(&self, path: &str) -> String {
        let folder = parent(path);
        let base = super::path::base(path);
        match self.physical(folder).as_str() {
            "" => base.to_owned(),
            folder => format!("{folder}/{base}"),
        }
    }

    /// `path` with all links followed. A circle of links gives `path`.
    fn physical(&self, path: &str) -> String {
        let mut todo: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        let mut done = String::new();
        let mut links = 0;
        while let Some(part) = todo.pop() {
            if part.is_empty() {
                continue;
            }
            let next = if done.is_empty() { part } else { format!("{done}/{part}") };
            match self.nodes.get(&next).map(|placed| &placed.node) {
                Some(Node::Link(target)) => {
                    links += 1;
                    if links > LINKS {
                        return path.to_owned();
                    }
                    todo.extend(link_target(&next, target).split('/').rev().map(str::to_owned));
                    done.clear();
                }
                _ => done = next,
            }
        }
        done
    }
}
