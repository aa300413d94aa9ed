//! The page server of the made-up portal: every answer is read from the database and the trees,
//! so a portal that lost either cannot answer as if it had them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path as UrlPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use rusqlite::{Connection, OpenFlags};

use crate::job::sample::{Places, SampleError};
use crate::world::World;

/// A page server that runs until it is dropped.
#[derive(Debug)]
pub struct Serving {
    /// Where it listens.
    pub address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a citizen reads while the portal is out of service.
const CLOSED: &str = "<!doctype html>
<html lang=\"vi\"><head><meta charset=\"utf-8\"><title>Tạm ngừng phục vụ</title></head>
<body><h1>Cổng tạm ngừng phục vụ để phục hồi</h1></body></html>
";

/// Serves the portal at `places` on `listen`; port 0 takes a free one. While the file `closed`
/// exists, every answer is that the portal is out of service.
pub fn serve(
    places: Places,
    closed: Option<PathBuf>,
    listen: SocketAddr,
    world: &World,
) -> Result<Serving, SampleError> {
    let fail = |source| SampleError::Listen { address: listen.to_string(), source };
    let listener = world.block_on(tokio::net::TcpListener::bind(listen)).map_err(fail)?;
    let address = listener.local_addr().map_err(fail)?;
    let router = Router::new()
        .route("/", get(home))
        .route("/tep/{*path}", get(upload))
        .with_state(Arc::new(places))
        .layer(from_fn_with_state(closed, door));
    let task = world.runtime().spawn(async move {
        // Accepting connections goes on for ever; axum retries what fails.
        let _never = axum::serve(listener, router).await;
    });
    Ok(Serving { address, task })
}

async fn door(State(closed): State<Option<PathBuf>>, request: Request, next: Next) -> Response {
    if closed.is_some_and(|closed| closed.exists()) {
        return (StatusCode::SERVICE_UNAVAILABLE, Html(CLOSED)).into_response();
    }
    next.run(request).await
}

async fn home(State(places): State<Arc<Places>>) -> Response {
    match tokio::task::spawn_blocking(move || page(&places)).await {
        Ok(Ok(page)) => Html(page).into_response(),
        Ok(Err(reason)) => (StatusCode::INTERNAL_SERVER_ERROR, reason).into_response(),
        Err(panic) => (StatusCode::INTERNAL_SERVER_ERROR, panic.to_string()).into_response(),
    }
}

fn page(places: &Places) -> Result<String, String> {
    let say = |error: &dyn std::fmt::Display| error.to_string();
    let template = std::fs::read_to_string(places.application.join("trang-chu.html"));
    let template = template.map_err(|error| say(&error))?;
    let settings = std::fs::read(places.configuration.join("cong.json"));
    let settings: serde_json::Value = settings
        .map_err(|error| say(&error))
        .and_then(|bytes| serde_json::from_slice(&bytes).map_err(|error| say(&error)))?;
    let (news, articles, uploads) = facts(places).map_err(|error| say(&error))?;
    let name = settings["ten"].as_str().unwrap_or_default();
    Ok(template
        .replace("{{ten}}", &escape(name))
        .replace("{{tin_moi}}", &news)
        .replace("{{so_bai}}", &articles.to_string())
        .replace("{{so_tep}}", &uploads.to_string()))
}

fn facts(places: &Places) -> rusqlite::Result<(String, i64, i64)> {
    let db = Connection::open_with_flags(&places.database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut statement = db.prepare("select tieu_de from bai_moi")?;
    let titles = statement.query_map([], |row| row.get::<_, String>(0))?;
    let mut news = String::new();
    for title in titles {
        news.extend(["<li>", &escape(&title?), "</li>"]);
    }
    let count = |table: &str| {
        let sql = format!("select count(*) from {table}");
        db.query_row(&sql, [], |row| row.get::<_, i64>(0))
    };
    Ok((news, count("bai_viet")?, count("tep")?))
}

async fn upload(State(places): State<Arc<Places>>, UrlPath(path): UrlPath<String>) -> Response {
    let safe = path.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    if !safe {
        return StatusCode::NOT_FOUND.into_response();
    }
    let file = places.media.join(path);
    match tokio::task::spawn_blocking(move || std::fs::read(file)).await {
        Ok(Ok(bytes)) => bytes.into_response(),
        Ok(Err(_)) | Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
