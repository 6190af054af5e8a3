//! A package of an operating system, a language or an application.

use serde::{Deserialize, Serialize};

use palisade_api::Digest;

use crate::version::Scheme;

/// A package, as the file that tells of it spells it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Package {
    /// Who names and orders it.
    pub ecosystem: Ecosystem,
    /// Its name as its ecosystem spells it: `group:artifact` of Maven,
    /// `vendor/name` of Composer, `@scope/name` of npm, a Go module's path.
    pub name: String,
    /// The package it was built from, of which advisories of distributions
    /// speak; equal to the name elsewhere.
    pub source: String,
    /// The version that advisories compare with: of dpkg that of the source,
    /// of rpm `epoch:version-release`.
    pub version: String,
    /// The version that is installed, where it is another: of a rebuild of
    /// dpkg (`+b1`); else empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub installed_version: String,
    /// `version-release` of an rpm package's source, where it is another: of
    /// a part with versions of its own; else empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source_version: String,
    /// The processor it is for; empty when unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub arch: String,
    /// The module stream of an rpm package, `nodejs:18`; else empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stream: String,
    /// Who built an rpm package, in their own words; else empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub vendor: String,
    /// The path of the file that told of it.
    pub file: String,
    /// Whether it is the program itself, and what else the file tells of went into it: the main
    /// module of Go.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub main: bool,
}

/// Who names and orders a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Ecosystem {
    /// Debian's format, whatever distribution.
    Dpkg,
    /// Alpine's format.
    Apk,
    /// Red Hat's format.
    Rpm,
    /// Arch's format.
    Pacman,
    /// JavaScript.
    Npm,
    /// Python.
    Python,
    /// Ruby.
    Gem,
    /// Java.
    Maven,
    /// Go modules; the library of Go itself is the module `stdlib`.
    Go,
    /// Rust.
    Cargo,
    /// PHP.
    Composer,
    /// .NET.
    NuGet,
    /// R.
    Cran,
    /// Dart.
    Pub,
    /// Elixir and Erlang.
    Hex,
    /// Conda.
    Conda,
    /// Swift packages.
    Swift,
    /// Bitnami's own builds.
    Bitnami,
    /// Wordpress itself.
    Wordpress,
    /// A program that no package tells of, known by its own words.
    Application,
    /// Libraries for Apple's systems.
    CocoaPods,
    /// C and C++.
    Conan,
    /// Perl; packages are distributions, `HTTP-Tiny`.
    Cpan,
    /// Haskell.
    Hackage,
    /// Julia.
    Julia,
    /// Lua.
    LuaRocks,
}

impl Ecosystem {
    /// Every ecosystem, in their order.
    pub const ALL: [Self; 26] = [
        Self::Dpkg,
        Self::Apk,
        Self::Rpm,
        Self::Pacman,
        Self::Npm,
        Self::Python,
        Self::Gem,
        Self::Maven,
        Self::Go,
        Self::Cargo,
        Self::Composer,
        Self::NuGet,
        Self::Cran,
        Self::Pub,
        Self::Hex,
        Self::Conda,
        Self::Swift,
        Self::Bitnami,
        Self::Wordpress,
        Self::Application,
        Self::CocoaPods,
        Self::Conan,
        Self::Cpan,
        Self::Hackage,
        Self::Julia,
        Self::LuaRocks,
    ];

    /// Whether packages belong to an operating system.
    pub const fn is_os(self) -> bool {
        matches!(self, Self::Dpkg | Self::Apk | Self::Rpm | Self::Pacman)
    }

    /// By whose rules its versions are ordered.
    pub const fn order(self) -> Scheme {
        match self {
            Self::Dpkg => Scheme::Dpkg,
            Self::Apk => Scheme::Apk,
            Self::Rpm | Self::Pacman => Scheme::Rpm,
            Self::Npm
            | Self::Cargo
            | Self::Pub
            | Self::Hex
            | Self::Swift
            | Self::CocoaPods
            | Self::Julia => Scheme::SemVer,
            Self::Python | Self::Conda => Scheme::Pep440,
            Self::Gem => Scheme::Gem,
            Self::Maven => Scheme::Maven,
            Self::Go => Scheme::Go,
            Self::Composer => Scheme::Composer,
            Self::NuGet => Scheme::NuGet,
            // R separates numbers by dots and hyphens alike; a hyphen and a
            // number after a version of Bitnami are its build.
            Self::Cran
            | Self::Bitnami
            | Self::Wordpress
            | Self::Application
            | Self::Conan
            | Self::Cpan
            | Self::Hackage
            | Self::LuaRocks => Scheme::Generic,
        }
    }

    /// Its name in the OSV format; empty where the distribution names it.
    pub const fn osv(self) -> &'static str {
        match self {
            Self::Dpkg | Self::Apk | Self::Rpm | Self::Pacman => "",
            Self::Npm => "npm",
            Self::Python => "PyPI",
            Self::Gem => "RubyGems",
            Self::Maven => "Maven",
            Self::Go => "Go",
            Self::Cargo => "crates.io",
            Self::Composer => "Packagist",
            Self::NuGet => "NuGet",
            Self::Cran => "CRAN",
            Self::Pub => "Pub",
            Self::Hex => "Hex",
            Self::Conda => "Conda",
            Self::Swift => "SwiftURL",
            Self::Bitnami => "Bitnami",
            Self::Wordpress => "Wordpress",
            Self::Application => "Application",
            Self::CocoaPods => "CocoaPods",
            Self::Conan => "ConanCenter",
            Self::Cpan => "CPAN",
            Self::Hackage => "Hackage",
            Self::Julia => "Julia",
            Self::LuaRocks => "LuaRocks",
        }
    }

    /// The `source` of a module in reports; empty where it is the operating
    /// system.
    pub const fn module_source(self) -> &'static str {
        match self {
            Self::Dpkg | Self::Apk | Self::Rpm | Self::Pacman => "",
            Self::Npm => "npm",
            Self::Python => "python",
            Self::Gem => "ruby",
            Self::Maven => "jar",
            Self::Go => "golang",
            Self::Cargo => "rust",
            Self::Composer => "php",
            Self::NuGet => ".NET",
            Self::Cran => "r",
            Self::Pub => "dart",
            Self::Hex => "erlang",
            Self::Conda => "conda",
            Self::Swift => "swift",
            Self::Bitnami => "bitnami",
            Self::Wordpress => "Wordpress",
            Self::Application => "application",
            Self::CocoaPods => "cocoapods",
            Self::Conan => "conan",
            Self::Cpan => "perl",
            Self::Hackage => "haskell",
            Self::Julia => "julia",
            Self::LuaRocks => "lua",
        }
    }
}

impl Package {
    /// A package of a language or an application.
    pub fn new(
        ecosystem: Ecosystem,
        name: impl Into<String>,
        version: impl Into<String>,
        file: &str,
    ) -> Self {
        let name = name.into();
        Self {
            ecosystem,
            source: name.clone(),
            name,
            version: version.into(),
            installed_version: String::new(),
            source_version: String::new(),
            arch: String::new(),
            stream: String::new(),
            vendor: String::new(),
            file: file.to_owned(),
            main: false,
        }
    }

    /// The same package as the file at `path` tells of it, which may be a hard link to the one
    /// that was read.
    #[must_use]
    pub(crate) fn told_at(mut self, path: &str) -> Self {
        let rest = self.file.strip_prefix(path);
        if !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("!/")) {
            // What lies in an archive is named behind it.
            let inner = self.file.find("!/").and_then(|at| self.file.get(at..));
            self.file = format!("{path}{}", inner.unwrap_or_default());
        }
        self
    }

    /// Bytes of the longest of its texts, but for the path.
    pub(crate) fn longest(&self) -> usize {
        let Self { name, source, version, installed_version, source_version, .. } = self;
        let texts = [name, source, version, installed_version, source_version];
        let texts = texts.into_iter().chain([&self.arch, &self.stream, &self.vendor]);
        texts.map(String::len).max().unwrap_or_default()
    }

    /// The version as the machine's own package tool shows it.
    pub fn shown_version(&self) -> &str {
        if self.installed_version.is_empty() { &self.version } else { &self.installed_version }
    }

    /// The name that reports show: `source/name` of an operating system's
    /// package where the two differ, else with what clients expect before it.
    pub fn shown_name(&self) -> String {
        let prefix = match self.ecosystem {
            Ecosystem::Python => "python:",
            Ecosystem::Gem => "ruby:",
            Ecosystem::Go => "go:",
            Ecosystem::NuGet => ".NET:",
            Ecosystem::Composer => "php:",
            _ => "",
        };
        if self.source == self.name {
            format!("{prefix}{}", self.name)
        } else {
            format!("{}/{}", self.source, self.name)
        }
    }
}

/// A package with the layer that brought or last changed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayeredPackage {
    /// The package.
    #[serde(flatten)]
    pub package: Package,
    /// The layer; none where the source has no layers.
    pub layer: Option<Digest>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read knows how many there are.
    #[test]
    fn all_ecosystems_are_all() {
        let numbered = |number: usize| postcard::from_bytes::<Ecosystem>(&[number as u8]);
        for (number, ecosystem) in Ecosystem::ALL.into_iter().enumerate() {
            assert_eq!(numbered(number), Ok(ecosystem));
        }
        numbered(Ecosystem::ALL.len()).unwrap_err();
    }
}
