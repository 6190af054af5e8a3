//! What of a layer is kept, entry by entry, whatever it is read from.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read};
use std::sync::Arc;

use super::content::{LayerContent, Node, weight_of};
use super::path;
use crate::inspect::store::{self, Stored};
use crate::inspect::{self, Entry, Facts, PathHash, Problem, SET_ID};
use crate::scope::Scope;

/// Paths that a layer removes.
const MOST_HIDDEN: usize = 500_000;

/// Whether a link may lead to a package database.
fn leads_on(path: &str) -> bool {
    !path.contains('/') || inspect::os::is_on_the_way(path)
}

/// Gathers the content of one layer.
#[derive(Debug)]
pub(crate) struct Collector<'a> {
    scope: &'a Scope,
    content: LayerContent,
    /// Weight of the nodes so far.
    held: usize,
    /// Weight of what the layer removes.
    hidden: usize,
    /// What is replaced, while hard links ask for it.
    plain: Option<HashSet<PathHash>>,
    /// What lies in stores and counts where hard links lead to it, too.
    stored: HashMap<PathHash, Kept>,
}

/// An entry of a store.
#[derive(Debug)]
enum Kept {
    Link(String),
    File(Box<Stored>),
}

impl<'a> Collector<'a> {
    pub(crate) fn new(scope: &'a Scope) -> Self {
        Self {
            scope,
            content: LayerContent::default(),
            held: 0,
            hidden: 0,
            plain: None,
            stored: HashMap::new(),
        }
    }

    /// What the scan looks for.
    pub(crate) fn scope(&self) -> &'a Scope {
        self.scope
    }

    /// A folder with these permission bits.
    pub(crate) fn folder(&mut self, path: &str, mode: u32) {
        if path.is_empty() {
            return;
        }
        self.content.nodes.remove(path);
        self.content.folders.push(PathHash::of(path));
        if mode & SET_ID == 0 {
            return;
        }
        let most = self.scope.limits.packages;
        if self.held < most {
            self.held += 1;
            self.content.nodes.insert(path.to_owned(), Node::Folder(mode));
        } else {
            let problem = format!("its mode is left out: the layer has more than {most} packages");
            self.problem(path, Problem::new(problem));
        }
    }

    /// A file that removes others, by its name: true where it is one.
    pub(crate) fn whiteout(&mut self, path: &str) -> bool {
        let base = path::base(path);
        let folder = path::parent(path);
        let opaque = base == ".wh..wh..opq";
        let Some(name) = base.strip_prefix(".wh.") else { return false };
        // `.wh..wh.` names are bookkeeping of the storage driver.
        if !opaque && (name.starts_with(".wh.") || name.is_empty()) {
            return true;
        }
        self.hidden += weight_of(path);
        if self.hidden > MOST_HIDDEN {
            let problem = format!("is left out: the layer removes more than {MOST_HIDDEN} paths");
            self.problem(path, Problem::new(problem));
        } else if opaque {
            self.content.opaque.insert(folder.to_owned());
        } else {
            self.content.removed.insert(match folder {
                "" => name.to_owned(),
                folder => format!("{folder}/{name}"),
            });
        }
        true
    }

    /// A symbolic link. Those are kept that may lead to a package database.
    pub(crate) fn link(&mut self, path: &str, target: &[u8]) {
        let leads_somewhere = target.len() <= path::LONGEST;
        if leads_somewhere && store::is_in_store(path) {
            self.plain(path);
            self.store(path, Kept::Link(path::text(target).into_owned()));
        } else if leads_somewhere && leads_on(path) {
            self.node(path, Node::Link(path::text(target).into_owned()));
        } else {
            self.plain(path);
        }
    }

    /// A hard link: the same file as its target, which came before it, or lies
    /// in a layer below.
    pub(crate) fn hard_link(&mut self, path: &str, target: &str) {
        let node = self.stored_at(path, target);
        let node = node.or_else(|| self.content.nodes.get(target).cloned());
        if node.is_none() && self.is_plain(target) {
            match Facts::of_unread_link(path, target) {
                Some(facts) => self.node(path, Node::File(Arc::new(facts))),
                None => self.plain(path),
            }
        } else {
            self.node(path, node.unwrap_or_else(|| Node::HardLink(target.to_owned())));
        }
    }

    /// Whether the layer has a file at `path` that was of no interest so far.
    fn is_plain(&mut self, path: &str) -> bool {
        let replaced = &self.content.replaced;
        self.plain
            .get_or_insert_with(|| replaced.iter().copied().collect())
            .contains(&PathHash::of(path))
    }

    /// What the entry of a store is where a hard link leads to it.
    fn stored_at(&self, path: &str, target: &str) -> Option<Node> {
        match self.stored.get(&PathHash::of(target))? {
            Kept::Link(target) if leads_on(path) => Some(Node::Link(target.clone())),
            Kept::Link(_) => None,
            Kept::File(stored) => Some(Node::File(Arc::new(stored.at(path)?))),
        }
    }

    fn store(&mut self, path: &str, kept: Kept) {
        let weight = match &kept {
            Kept::Link(target) => weight_of(target),
            Kept::File(stored) => stored.weight(),
        };
        // Beyond the bound the links to it are told as not read.
        if self.held + weight <= self.scope.limits.packages {
            self.held += weight;
            self.stored.insert(PathHash::of(path), kept);
        }
    }

    /// A regular file. Fails when the content cannot be read.
    pub(crate) fn file(&mut self, entry: &Entry<'_>, content: &mut dyn Read) -> io::Result<()> {
        if store::is_in_store(entry.path) {
            let stored = store::read(entry, content, self.scope)?;
            // What counts whatever it is called counts there too: nobody hides it so.
            match stored.as_ref().and_then(|stored| stored.at(entry.path)) {
                Some(facts) => self.node(entry.path, Node::File(Arc::new(facts))),
                None => self.plain(entry.path),
            }
            if let Some(stored) = stored {
                self.store(entry.path, Kept::File(Box::new(stored)));
            }
            return Ok(());
        }
        match inspect::file(entry, content, self.scope)? {
            Some(facts) => self.node(entry.path, Node::File(Arc::new(facts))),
            None => self.plain(entry.path),
        }
        Ok(())
    }

    /// Anything else that takes the place of what was there.
    pub(crate) fn plain(&mut self, path: &str) {
        self.content.nodes.remove(path);
        let hash = PathHash::of(path);
        self.content.replaced.push(hash);
        if let Some(plain) = &mut self.plain {
            plain.insert(hash);
        }
    }

    /// Something wrong with an entry that is not kept.
    pub(crate) fn problem(&mut self, path: &str, problem: Problem) {
        const MOST: usize = 1000;
        if self.content.problems.len() < MOST {
            self.content.problems.insert(path.to_owned(), problem.into_text());
        }
    }

    fn node(&mut self, path: &str, mut node: Node) {
        let most = self.scope.limits.packages;
        if self.held + node.weight(path) > most
            && let Node::File(facts) = &mut node
        {
            // A database that is too large is read in part, and leaves room to others.
            let room = (most / 2).saturating_sub(self.held + path.len() / 200);
            Arc::make_mut(facts).shorten(room);
        }
        let weight = node.weight(path);
        if self.held + weight > most {
            self.plain(path);
            let problem = format!("is left out: the layer has more than {most} packages");
            self.problem(path, Problem::new(problem));
            return;
        }
        self.held += weight;
        self.content.nodes.insert(path.to_owned(), node);
    }

    /// The content, complete.
    pub(crate) fn finish(mut self, entries: u64, unpacked: u64) -> LayerContent {
        for hashes in [&mut self.content.replaced, &mut self.content.folders] {
            hashes.sort_unstable();
            hashes.dedup();
        }
        self.content.entries = entries;
        self.content.unpacked = unpacked;
        self.content
    }
}
