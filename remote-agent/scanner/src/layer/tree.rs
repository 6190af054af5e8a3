//! Layers on top of each other.

use std::collections::BTreeMap;

use super::content::{FileContent, LayerContent, Node};
use super::path::{link_target, parent};

/// Links followed for one path; more is a circle.
const LINKS: usize = 40;

/// The files of an image that a scan looks at.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    nodes: BTreeMap<String, Node>,
}

impl Tree {
    /// Puts a layer on top: first it hides what it removes, then it adds.
    pub fn apply(&mut self, layer: &LayerContent) {
        for folder in &layer.opaque {
            let folder = self.physical(folder);
            self.remove_below(&folder);
        }
        for path in &layer.removed {
            let path = self.physical_parent(path);
            self.nodes.remove(&path);
            self.remove_below(&path);
        }
        for (path, node) in &layer.nodes {
            let path = self.physical_parent(path);
            match node {
                Node::Folder => {
                    if !matches!(self.nodes.get(&path), Some(Node::Folder)) {
                        self.nodes.insert(path, Node::Folder);
                    }
                }
                node => {
                    self.remove_below(&path);
                    self.nodes.insert(path, node.clone());
                }
            }
        }
    }

    /// The file at `path`, with links followed.
    pub fn file(&self, path: &str) -> Option<&FileContent> {
        match self.nodes.get(&self.physical(path)) {
            Some(Node::File(content)) => Some(content),
            _ => None,
        }
    }

    /// The files directly in the folder `path`, with links followed.
    pub fn files_in(&self, path: &str) -> impl Iterator<Item = (&str, &FileContent)> {
        let prefix = format!("{}/", self.physical(path));
        self.nodes
            .range(prefix.clone()..)
            .take_while({
                let prefix = prefix.clone();
                move |(path, _)| path.starts_with(&prefix)
            })
            .filter_map(move |(path, node)| match node {
                Node::File(content) if !path.get(prefix.len()..)?.contains('/') => {
                    Some((path.as_str(), content))
                }
                _ => None,
            })
    }

    fn remove_below(&mut self, path: &str) {
        if path.is_empty() {
            self.nodes.clear();
            return;
        }
        let prefix = format!("{path}/");
        let below: Vec<String> = self
            .nodes
            .range(prefix.clone()..)
            .map(|(path, _)| path)
            .take_while(|path| path.starts_with(&prefix))
            .cloned()
            .collect();
        for path in below {
            self.nodes.remove(&path);
        }
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
            match self.nodes.get(&next) {
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
