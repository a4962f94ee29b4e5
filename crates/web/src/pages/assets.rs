//! Promises: style and scripts of our pages come from the program itself, under names that change with their
//! content, so that browsers may keep them for ever.

use std::{fmt::Write as _, sync::LazyLock};

use axum::{
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

use crate::Problem;

/// One file.
pub(crate) struct Asset {
    /// Where it is served.
    pub(crate) path: String,
    content: &'static str,
    media_type: HeaderValue,
}

impl Asset {
    fn new(stem: &str, extension: &str, media_type: &'static str, content: &'static str) -> Self {
        let mut path = format!("/assets/{stem}-");
        for byte in Sha256::digest(content).iter().take(8) {
            let _ = write!(path, "{byte:02x}");
        }
        path.push('.');
        path.push_str(extension);
        Self { path, content, media_type: HeaderValue::from_static(media_type) }
    }
}

/// How the pages look.
pub(crate) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("page", "css", "text/css; charset=utf-8", include_str!("../../assets/page.css")));
/// What makes them livelier; they work without.
pub(crate) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("page", "js", "text/javascript; charset=utf-8", include_str!("../../assets/page.js")));

/// How the console looks.
pub(crate) static CONSOLE_STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("console", "css", "text/css; charset=utf-8", include_str!("../../assets/console.css")));
/// What makes it livelier.
pub(crate) static CONSOLE_SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("console", "js", "text/javascript; charset=utf-8", include_str!("../../assets/console.js"))
});
/// htmx, of which `htmx.LICENSE` says under what terms.
pub(crate) static HTMX: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("htmx", "js", "text/javascript; charset=utf-8", include_str!("../../assets/htmx.min.js"))
});

pub(crate) async fn serve(Path(name): Path<String>) -> Response {
    let all = [&*STYLE, &*SCRIPT, &*CONSOLE_STYLE, &*CONSOLE_SCRIPT, &*HTMX];
    let found = all.into_iter().find(|asset| asset.path.strip_prefix("/assets/") == Some(&name));
    let Some(asset) = found else { return Problem::new(StatusCode::NOT_FOUND, "Not Found").into_response() };
    let for_ever = HeaderValue::from_static("public, max-age=31536000, immutable");
    ([(header::CONTENT_TYPE, asset.media_type.clone()), (header::CACHE_CONTROL, for_ever)], asset.content)
        .into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// The roles that a style gives colours, sizes and spaces, each as `--name: value`; the shade, which is deeper on the
    /// sandbox's two handsets, is not among them.
    fn roles(css: &str) -> BTreeSet<&str> {
        let declared = css.split([';', '{', '}']).map(str::trim);
        declared.filter(|it| it.starts_with("--") && !it.starts_with("--shade")).collect()
    }

    #[test]
    fn the_console_and_the_sandbox_speak_one_visual_language() {
        let console = roles(include_str!("../../assets/console.css"));
        let sandbox = roles(include_str!("../../../sandbox/src/phones/page/tokens.css"));
        assert!(sandbox.len() > 50, "{sandbox:?}");
        assert_eq!(sandbox.difference(&console).collect::<Vec<_>>(), Vec::<&&str>::new());
    }
}
