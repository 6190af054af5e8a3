//! The Helm charts under `deploy/helm`, rendered by Helm itself, and what the
//! programs get of it in a pod.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Where the charts are, each in a folder of its own.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/helm")
}

/// Helm. None where it is not installed, which is said, and in CI an error.
pub fn helm() -> Result<Option<PathBuf>> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/bin");
    match crate::programs::system("helm", &[tools]) {
        Ok(helm) => Ok(Some(helm)),
        Err(error) if std::env::var_os("CI").is_some() => Err(error),
        Err(_) => {
            println!("skipped: helm is not installed: run `scripts/setup.sh lint`");
            Ok(None)
        }
    }
}

/// The objects that a chart makes of its values.
#[derive(Debug)]
pub struct Rendered(Vec<Value>);

impl Rendered {
    /// The objects of `chart`, installed as `hub` in the namespace `palisade`.
    pub fn of(helm: &Path, chart: &str, values: &Value) -> Result<Self> {
        let mut helm = Command::new(helm)
            .args(["template", "hub"])
            .arg(folder().join(chart))
            .args(["--namespace", "palisade", "--values", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        helm.stdin.take().context("no input")?.write_all(values.to_string().as_bytes())?;
        let output = helm.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "helm: {said}");
        let objects: Vec<Value> = serde_saphyr::from_multiple(std::str::from_utf8(&output.stdout)?)
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(Self(objects.into_iter().filter(|object| !object.is_null()).collect()))
    }

    /// The only object of its kind.
    pub fn one(&self, kind: &str) -> Result<&Value> {
        let mut of_kind = self.0.iter().filter(|object| object["kind"] == kind);
        match (of_kind.next(), of_kind.next()) {
            (Some(object), None) => Ok(object),
            _ => bail!("not one {kind}"),
        }
    }

    /// The containers of all its pods.
    pub fn containers(&self) -> Vec<&Value> {
        let pods = self.0.iter().filter_map(|object| {
            object
                .pointer("/spec/template/spec")
                .or_else(|| object.pointer("/spec/jobTemplate/spec/template/spec"))
        });
        pods.flat_map(|pod| pod["containers"].as_array().into_iter().flatten()).collect()
    }

    /// Lays what the pod of the only object of `kind` mounts of secrets and settings into
    /// `folder`, and gives its variables as flags; those without a value of their own, which
    /// come from elsewhere, are left out.
    pub fn arguments(&self, kind: &str, folder: &Path) -> Result<Vec<OsString>> {
        let pod = self.one(kind)?.pointer("/spec/template/spec").context("no pod")?;
        let container = pod.pointer("/containers/0").context("no container")?;
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let mut mounted = Vec::new();
        for mount in list(&container["volumeMounts"]) {
            let (Some(name), Some(path)) = (mount["name"].as_str(), mount["mountPath"].as_str())
            else {
                bail!("a mount without name and path: {mount}");
            };
            let volumes = list(&pod["volumes"]);
            let Some(volume) = volumes.iter().find(|volume| volume["name"] == name) else {
                continue;
            };
            let to = folder.join(name);
            if self.lay(volume, &to)? {
                mounted.push((path.to_owned(), to));
            }
        }
        let mut arguments = Vec::new();
        for variable in list(&container["env"]) {
            let setting = variable["name"].as_str().and_then(|name| name.strip_prefix("PALISADE_"));
            let (Some(setting), Some(value)) = (setting, variable["value"].as_str()) else {
                continue;
            };
            let place = mounted.iter().find_map(|(path, to)| {
                let rest = value.strip_prefix(path.as_str())?;
                let within = rest.is_empty() || rest.starts_with('/');
                within.then(|| to.join(rest.trim_start_matches('/')))
            });
            arguments.push(format!("--{}", setting.to_lowercase().replace('_', "-")).into());
            arguments.push(match place {
                Some(place) => place.into(),
                None => value.replace("$(POD_IP)", "127.0.0.1").into(),
            });
        }
        Ok(arguments)
    }

    /// Writes the files of a volume; whether it is of a kind that has some here.
    fn lay(&self, volume: &Value, to: &Path) -> Result<bool> {
        let secret = volume.pointer("/secret/secretName").map(|name| ("Secret", name));
        let settings = volume.pointer("/configMap/name").map(|name| ("ConfigMap", name));
        let Some((kind, name)) = secret.or(settings) else { return Ok(false) };
        let object = self.0.iter().find(|object| {
            object["kind"] == kind && object.pointer("/metadata/name") == Some(name)
        });
        let object = object.with_context(|| format!("{kind} {name} is not made by the chart"))?;
        std::fs::create_dir_all(to)?;
        for (key, encoded) in [("data", kind == "Secret"), ("stringData", false)] {
            for (file, content) in object[key].as_object().into_iter().flatten() {
                let content = content.as_str().context("no text")?;
                let content =
                    if encoded { STANDARD.decode(content)? } else { content.as_bytes().to_vec() };
                std::fs::write(to.join(file), content)?;
            }
        }
        Ok(true)
    }
}
