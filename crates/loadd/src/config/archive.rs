//! Archives as k6 makes them: a tar of `metadata.json`, the main script as `data`, and every module and file that init has
//! read below `file/` or `https/`. Made here, and read here; k6 reads ours, and we read k6's.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read},
    path::Path,
};

use serde_json::{Map, Value, json};
use tar::{EntryType, Header};

use super::inspect::{self, Shown};

/// Nothing that a script opens is meant to be larger than this all together.
const MOST_BYTES: u64 = 4 << 30;

/// An archive, taken apart.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Archive {
    /// Name of the main script: an absolute path or an address.
    pub(crate) main: String,
    /// All files by their absolute path or address; the main script is among them.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Options, without what is `null`.
    pub(crate) options: Map<String, Value>,
    /// `__ENV`.
    pub(crate) env: BTreeMap<String, String>,
    /// `compatibilityMode`
    pub(crate) compatibility: String,
}

/// What goes into `metadata.json`, beside the files.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// Options as `inspect` shows them.
    pub(crate) options: Shown,
    /// `None`: it is left out.
    pub(crate) env: Option<BTreeMap<String, String>>,
    /// k6's word.
    pub(crate) compatibility: &'static str,
}

/// Whether bytes begin with the header of a tar.
pub(crate) fn is_archive(start: &[u8]) -> bool {
    let Some(block) = start.get(..512) else {
        return false;
    };
    let Some(sum) = block[148..156]
        .split(|byte| *byte == 0 || *byte == b' ')
        .find(|part| !part.is_empty())
    else {
        return false;
    };
    let told = std::str::from_utf8(sum)
        .ok()
        .and_then(|text| u32::from_str_radix(text, 8).ok());
    let byte = |(index, byte): (usize, &u8)| {
        if (148..156).contains(&index) {
            32
        } else {
            u32::from(*byte)
        }
    };
    told == Some(block.iter().enumerate().map(byte).sum())
}

/// The names of users are nobody's business.
fn anonymous(path: &str) -> String {
    for home in ["/home/", "/Users/"] {
        if let Some(rest) = path.strip_prefix(home) {
            let below = rest.find('/').map_or("", |end| &rest[end..]);
            return format!("{home}nobody{below}");
        }
    }
    path.to_owned()
}

/// Where a file lies in the tar.
fn entry_of(name: &str) -> String {
    match name.strip_prefix("https://") {
        Some(rest) => format!("https/{rest}"),
        None => format!("file{}", anonymous(name)),
    }
}

fn url_of(name: &str) -> String {
    if name.starts_with("https://") {
        name.to_owned()
    } else {
        format!("file://{}", anonymous(name))
    }
}

/// Writes an archive. `files`: by absolute path or address, `main` among them.
///
/// # Errors
/// As the writer's.
pub(crate) fn write(
    out: impl io::Write,
    main: &str,
    files: &BTreeMap<String, impl AsRef<[u8]>>,
    facts: &Facts,
) -> io::Result<()> {
    let mut tar = tar::Builder::new(out);
    let folder = url_of(main);
    let folder = folder.rfind('/').map_or("file:///", |end| &folder[..end]);
    let folder = if folder == "file://" {
        "file:///"
    } else {
        folder
    };
    let mut env = Value::Null;
    if let Some(variables) = &facts.env {
        env = json!(variables);
    }
    // The options are shown as they are, indented by their place.
    let options = inspect::text(&facts.options, false).replace('\n', "\n  ");
    let rest = [
        ("filename", json!(url_of(main))),
        ("pwd", json!(folder)),
        ("env", env),
        ("compatibilityMode", json!(facts.compatibility)),
        ("k6version", json!(env!("CARGO_PKG_VERSION"))),
        ("goos", json!(std::env::consts::OS)),
        ("dependencies", json!({ "k6": "*" })),
    ];
    let rest = inspect::text(&rest, false);
    let metadata = format!(
        "{{\n  \"type\": \"js\",\n  \"options\": {options},{}",
        rest.trim_start_matches('{')
    );
    file(&mut tar, "metadata.json", metadata.as_bytes())?;
    let data: &[u8] = files.get(main).map_or(&[], AsRef::as_ref);
    file(&mut tar, "data", data)?;
    let mut folders = BTreeSet::new();
    let mut contents: BTreeMap<String, Option<&[u8]>> = BTreeMap::new();
    for (name, bytes) in files {
        let entry = entry_of(name);
        for (end, _) in entry.match_indices('/') {
            folders.insert(entry[..end].to_owned());
        }
        contents.insert(entry, (name != main).then_some(bytes.as_ref()));
    }
    for folder in folders {
        let mut header = header(EntryType::Directory, 0, 0o755);
        tar.append_data(&mut header, format!("{folder}/"), io::empty())?;
    }
    for (entry, bytes) in contents {
        match bytes {
            Some(bytes) => file(&mut tar, &entry, bytes)?,
            None => {
                let mut header = header(EntryType::Link, 0, 0o644);
                tar.append_link(&mut header, &entry, "data")?;
            }
        }
    }
    tar.into_inner()?.flush()
}

fn header(kind: EntryType, size: u64, mode: u32) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(mode);
    header
}

fn file(tar: &mut tar::Builder<impl io::Write>, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut header = header(EntryType::Regular, bytes.len() as u64, 0o644);
    tar.append_data(&mut header, name, bytes)
}

/// Reads an archive.
///
/// # Errors
/// What is wrong with it, in words.
pub(crate) fn read(from: impl Read) -> Result<Archive, String> {
    let told = |error: io::Error| format!("the archive cannot be read: {error}");
    let mut tar = tar::Archive::new(from.take(MOST_BYTES));
    let (mut metadata, mut data, mut links) = (None, None, Vec::new());
    let mut archive = Archive::default();
    for entry in tar.entries().map_err(told)? {
        let mut entry = entry.map_err(told)?;
        let path = entry.path().map_err(told)?.to_string_lossy().into_owned();
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Link => {}
            _ => continue,
        }
        let is_link = entry.header().entry_type() == EntryType::Link;
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(told)?;
        let name = match path.as_str() {
            "metadata.json" => {
                metadata = Some(bytes);
                continue;
            }
            "data" => {
                data = Some(bytes);
                continue;
            }
            path => match path.split_once('/') {
                Some(("file", rest)) => format!("/{rest}"),
                Some(("https", rest)) => format!("https://{rest}"),
                Some(_) | None => return Err(format!("unknown file {path} in the archive")),
            },
        };
        if is_link {
            links.push(name);
        } else {
            archive.files.insert(name, bytes);
        }
    }
    let metadata = metadata.ok_or("the archive has no metadata.json")?;
    let metadata: Value = serde_json::from_slice(&metadata)
        .map_err(|error| format!("the archive's metadata.json is not JSON: {error}"))?;
    if metadata["type"] != "js" {
        return Err(format!(
            "the archive holds {}, not a script",
            metadata["type"]
        ));
    }
    let filename = metadata["filename"]
        .as_str()
        .ok_or("the archive's metadata.json names no file")?;
    archive.main = filename
        .strip_prefix("file://")
        .unwrap_or(filename)
        .to_owned();
    if !archive.main.starts_with("https://") && !Path::new(&archive.main).is_absolute() {
        archive.main = format!("/{}", archive.main.trim_start_matches("./"));
    }
    let data = data.ok_or("the archive has no data")?;
    for name in links {
        archive.files.insert(name, data.clone());
    }
    archive.files.insert(archive.main.clone(), data);
    if let Some(options) = metadata["options"].as_object() {
        archive.options = options.clone();
        archive.options.retain(|_, value| !is_nothing(value));
    }
    for (name, value) in metadata["env"].as_object().into_iter().flatten() {
        archive
            .env
            .insert(name.clone(), value.as_str().unwrap_or_default().to_owned());
    }
    metadata["compatibilityMode"]
        .as_str()
        .unwrap_or("extended")
        .clone_into(&mut archive.compatibility);
    Ok(archive)
}

/// `null`, or an object that holds nothing else.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(map) => !map.is_empty() && map.values().all(Value::is_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> Vec<u8> {
        let options =
            json!({ "vus": 3, "duration": "5s", "thresholds": { "checks": ["rate>0.9"] } });
        let long = format!("/home/anna/{}/data.csv", "deep/".repeat(40));
        let files = BTreeMap::from([
            ("/home/anna/a.js".to_owned(), "import './lib.js'".as_bytes()),
            ("/home/anna/lib.js".to_owned(), "export {}".as_bytes()),
            (
                "https://jslib.k6.io/x/1.0/index.js".to_owned(),
                "export {}".as_bytes(),
            ),
            (long, "a,b".as_bytes()),
        ]);
        let facts = Facts {
            options: inspect::shown(options.as_object().unwrap()),
            env: Some(BTreeMap::from([("A".to_owned(), "b".to_owned())])),
            compatibility: "extended",
        };
        let mut out = Vec::new();
        write(&mut out, "/home/anna/a.js", &files, &facts).unwrap();
        out
    }

    #[test]
    fn what_was_written_is_read_back_without_the_users_name() {
        let bytes = made();
        assert!(is_archive(&bytes));
        assert!(!is_archive(
            b"export default function () {}".repeat(40).as_slice()
        ));
        assert!(!bytes.windows(4).any(|window| window == b"anna"));
        let archive = read(bytes.as_slice()).unwrap();
        assert_eq!(archive.main, "/home/nobody/a.js");
        assert_eq!(archive.files["/home/nobody/a.js"], b"import './lib.js'");
        assert_eq!(
            archive.files["https://jslib.k6.io/x/1.0/index.js"],
            b"export {}"
        );
        assert_eq!(archive.files.len(), 4);
        assert_eq!(archive.env["A"], "b");
        assert_eq!(
            Value::Object(archive.options),
            json!({ "vus": 3, "duration": "5s", "thresholds": { "checks": ["rate>0.9"] } })
        );
    }

    #[test]
    fn the_layout_is_that_of_k6() {
        let bytes = made();
        let mut tar = tar::Archive::new(bytes.as_slice());
        let mut entries = Vec::new();
        for entry in tar.entries().unwrap() {
            let entry = entry.unwrap();
            let path = entry.path().unwrap().to_string_lossy().into_owned();
            entries.push((path, entry.header().entry_type()));
        }
        let of = |name: &str| {
            entries
                .iter()
                .find(|(path, _)| path == name)
                .map(|(_, kind)| *kind)
        };
        assert_eq!(entries[0].0, "metadata.json");
        assert_eq!(entries[1].0, "data");
        assert_eq!(of("file/home/nobody/a.js"), Some(EntryType::Link));
        assert_eq!(of("file/home/nobody/lib.js"), Some(EntryType::Regular));
        assert_eq!(of("file/home/nobody/"), Some(EntryType::Directory));
        assert_eq!(
            of("https/jslib.k6.io/x/1.0/index.js"),
            Some(EntryType::Regular)
        );
    }

    #[test]
    fn what_is_no_archive_of_a_script_is_refused() {
        let tar_of = |entries: &[(&str, &str)]| {
            let mut tar = tar::Builder::new(Vec::new());
            for (name, text) in entries {
                file(&mut tar, name, text.as_bytes()).unwrap();
            }
            tar.into_inner().unwrap()
        };
        for (entries, words) in [
            (vec![("data", "x")], "metadata.json"),
            (vec![("metadata.json", "{")], "not JSON"),
            (
                vec![(
                    "metadata.json",
                    "{\"type\":\"js\",\"filename\":\"file:///a.js\"}",
                )],
                "no data",
            ),
            (vec![("etc/passwd", "x")], "unknown file etc/passwd"),
        ] {
            let error = read(tar_of(&entries).as_slice()).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        assert!(read(b"nonsense".as_slice()).is_err());
    }
}
