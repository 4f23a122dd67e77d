//! Writes every page in both languages to a folder, so that people can look at them: `gallery FOLDER`.
//!
//! The files are the pages as they are served; only the paths of the static files are made relative.
//! Styles and scripts are written next to them, so the folder opens in any browser without a server.

use std::path::Path;
use std::{env, fs, io};

use magpie_domain::locale::Locale;
use magpie_web::{assets, pages};

fn main() -> io::Result<()> {
    let Some(folder) = env::args().nth(1) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "say which folder to write to"));
    };
    let folder = Path::new(&folder);
    fs::create_dir_all(folder.join("assets"))?;
    for name in ["app.css", "form-post.js", "copy.js", "magpie.svg", "favicon.png"] {
        if let Some(asset) = assets::find(assets::asset_path(name)) {
            fs::write(folder.join(asset.path.trim_start_matches('/')), &asset.bytes)?;
        }
    }
    for lang in Locale::ALL {
        for (marker, variant, html) in pages::gallery(lang) {
            let html = html.map_err(io::Error::other)?.replace("=\"/assets/", "=\"assets/");
            let name =
                if variant.is_empty() { marker.to_owned() } else { format!("{marker}-{variant}") };
            fs::write(folder.join(format!("{name}.{}.html", lang.tag())), html)?;
        }
    }
    Ok(())
}
