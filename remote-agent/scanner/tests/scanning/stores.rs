//! Images of which most files are hard links into a store that names them by
//! their content, and stands before them.

use palisade_scanner::Inventory;
use palisade_scanner::source::Source;
use palisade_scanner::{LayerCache, Scope, scan};
use tar::EntryType;

use crate::fixture::{Layer, OS_RELEASE, Registry, debian, gzip, names};

async fn scanned(layers: &[Layer]) -> Inventory {
    let registry = Registry::start().await;
    let layers: Vec<_> = layers.iter().map(Layer::gzip).collect();
    registry.put_image("stored", "v1", &layers);
    let source = Source::Registry(registry.client().image("stored", "v1").unwrap());
    scan::inventory_of(&source, &Scope::default(), &LayerCache::default()).await.unwrap()
}

fn files(inventory: &Inventory) -> Vec<&str> {
    inventory.packages.iter().map(|one| one.package.file.as_str()).collect()
}

/// What `pnpm install` leaves in a layer where the folder of the project comes
/// behind that of the store.
#[tokio::test]
async fn packages_of_pnpm() {
    // Names of a hundred characters and more stand in a header of their own.
    let name =
        |shard: &str| format!("root/.local/share/pnpm/store/v10/files/{shard}/{}", "ab".repeat(63));
    let project = "usr/src/app/node_modules";
    let layer = [("aa", r#"{"name":"lodash","version":"4.17.4"}"#), ("bb", "module.exports = 1")]
        .into_iter()
        .fold(debian(&[("curl", "7", "curl")]), |layer, (shard, content)| {
            let path = name(shard);
            layer.entry(EntryType::GNULongName, "long", "", path.as_bytes()).file("short", content)
        });
    let link = |layer: Layer, path: String, shard| {
        layer
            .entry(EntryType::GNULongLink, "long", "", name(shard).as_bytes())
            .hard_link(&path, "short")
    };
    let layer = link(layer, format!("{project}/lodash/package.json"), "aa");
    let layer = link(layer, format!("{project}/lodash/index.js"), "bb");
    let layer = link(layer, format!("{project}/other/package.json"), "bb");
    let inventory = scanned(&[layer]).await;
    assert_eq!(names(&inventory), ["curl", "lodash"]);
    assert_eq!(files(&inventory)[1], format!("{project}/lodash/package.json"));
    let [problem] = inventory.problems.as_slice() else { panic!("{:?}", inventory.problems) };
    assert_eq!(problem.path, format!("{project}/other/package.json"));
}

/// A file that runs as its owner is told though no link leads to it.
#[tokio::test]
async fn nothing_hides_in_a_store() {
    let mut header = tar::Header::new_gnu();
    let path = "sysroot/ostree/repo/objects/05/abcd.file";
    header.set_path(path).unwrap();
    header.set_mode(0o4755);
    header.set_size(0);
    header.set_cksum();
    let mut archive = debian(&[("curl", "7", "curl")]).open().to_vec();
    archive.extend_from_slice(header.as_bytes());
    archive.extend_from_slice(Layer::default().hard_link("usr/bin/su", path).open());
    archive.resize(archive.len() + 1024, 0);
    let registry = Registry::start().await;
    registry.put_image("stored", "v1", &[gzip(&archive)]);
    let inventory = registry.scan("stored", "v1").await.unwrap();
    let paths: Vec<&str> = inventory.set_ids.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(paths, [path, "usr/bin/su"]);
}

/// A bootable container: ostree's objects, and links to them.
#[tokio::test]
async fn objects_of_ostree() {
    let object = |number: u32| format!("sysroot/ostree/repo/objects/0{number}/abcd.file");
    let metadata = "Metadata-Version: 2.1\nName: Jinja2\nVersion: 2.10\n";
    let layer = Layer::default()
        .file(&object(1), &format!("NAME=\"Fedora Linux\"\n{OS_RELEASE}"))
        .hard_link("usr/lib/os-release", &object(1))
        .file(&object(2), metadata)
        .hard_link("usr/lib/python3.12/site-packages/a-1.dist-info/METADATA", &object(2))
        .link(&object(3), "../usr/lib/os-release")
        .hard_link("etc/os-release", &object(3))
        .file(&object(4), "NAME=nothing that matters\n")
        .hard_link("usr/share/nothing", &object(4));
    let inventory = scanned(&[layer]).await;
    assert_eq!(inventory.distribution.as_ref().unwrap().base_os(), "debian:12");
    assert_eq!(names(&inventory), ["Jinja2"]);
    assert_eq!(files(&inventory), ["usr/lib/python3.12/site-packages/a-1.dist-info/METADATA"]);
    assert_eq!(inventory.problems, []);
}

/// Where a file is used tells whether what it holds is a secret.
#[tokio::test]
async fn secrets_in_stores() {
    let object = |number: u32| format!("sysroot/ostree/repo/objects/0{number}/abcd.file");
    let password: String = (0..16).map(|at| char::from(b'a' + at * 7 % 26)).collect();
    let token = format!("{}_{}", "ghp", password.repeat(3).get(..36).unwrap());
    let layer = Layer::default()
        .file(&object(1), &format!("password: {password}\n"))
        .hard_link("srv/shop/settings.yml", &object(1))
        .hard_link("usr/share/doc/shop/settings.yml", &object(1))
        .hard_link("usr/lib/shop/settings.yml", &object(1))
        .file(&object(2), &format!("token {token}\n"))
        .hard_link("usr/lib/shop/token", &object(2));
    let registry = Registry::start().await;
    registry.put_image("stored", "v1", &[layer.gzip()]);
    let inventory = registry.scan("stored", "v1").await.unwrap();
    let found: Vec<_> =
        inventory.secrets.iter().map(|one| (one.path.as_str(), one.secret.kind.as_str())).collect();
    assert_eq!(
        found,
        [("srv/shop/settings.yml", "Password.in.Settings"), ("usr/lib/shop/token", "Github.Token"),]
    );
}
