//! Promises: whoever sends slowly, reads slowly or keeps silent holds a connection for a bounded time, and there are so
//! many connections at most; the others are answered meanwhile.
//!
//! `axum::serve` waits for a head for ever, and knows no number of connections that is too many.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request, response::Response};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{Sleep, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The largest head that is read, in bytes. hyper takes 100 headers at most by itself.
const HEAD_MAX: usize = 64 * 1024;
/// How long nothing is accepted after the system refused to: it may have run out of files.
const REST: Duration = Duration::from_millis(200);

/// How long a client may take for what, and how many there may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServerLimits {
    /// How many connections are open at once; further ones wait in the system's queue.
    pub connections: usize,
    /// From the first byte of a head to its last.
    pub head: Duration,
    /// Until the next head is complete, counted from the end of the last answer. Longer than proxies keep a connection
    /// that they may use again: those who close first must be they.
    pub idle: Duration,
    /// Until a client takes more of an answer.
    pub stalled: Duration,
}

impl ServerLimits {
    /// With so many connections.
    pub(crate) fn with_connections(connections: usize) -> Self {
        Self {
            connections,
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            stalled: Duration::from_secs(20),
        }
    }
}

/// Serves until told to stop, then until what is in flight is finished.
pub(crate) async fn serve(listener: TcpListener, router: Router, limits: ServerLimits, stop: CancellationToken) {
    let slots = Arc::new(Semaphore::new(limits.connections));
    let open = TaskTracker::new();
    loop {
        let slot = tokio::select! {
            slot = Arc::clone(&slots).acquire_owned() => slot,
            () = stop.cancelled() => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (router, stop) = (router.clone(), stop.clone());
                open.spawn(async move {
                    converse(stream, peer, router, limits, stop).await;
                    drop(slot);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::select! { () = sleep(REST) => {} () = stop.cancelled() => break }
            }
        }
    }
    // Nobody is to wait in the queue of a service that stops.
    drop(listener);
    open.close();
    open.wait().await;
}

/// One connection, request after request.
async fn converse(stream: TcpStream, peer: SocketAddr, router: Router, limits: ServerLimits, stop: CancellationToken) {
    // Answers are small and written whole: waiting to fill a packet would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY is not available");
    }
    let answering = Arc::new(AtomicBool::new(false));
    let patient = Patient {
        stream,
        answering: Arc::clone(&answering),
        head: limits.head,
        stalled: limits.stalled,
        reading: None,
        writing: None,
    };
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request: Request<Incoming>| {
        let (answering, mut request) = (Answering::begin(&answering), request.map(Body::new));
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = router.call(request);
        async move {
            let answer: Result<Response, Infallible> = answer.await;
            drop(answering);
            answer
        }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.idle).max_buf_size(HEAD_MAX);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(patient), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection was given up");
    }
}

/// While it lives, a request is being answered.
struct Answering(Arc<AtomicBool>);

impl Answering {
    fn begin(flag: &Arc<AtomicBool>) -> Self {
        flag.store(true, Ordering::Relaxed);
        Self(Arc::clone(flag))
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// A connection that waits so long and no longer. How long a body may take is the request's own limit.
struct Patient {
    stream: TcpStream,
    answering: Arc<AtomicBool>,
    head: Duration,
    stalled: Duration,
    /// Runs from the first byte that no request is being answered for.
    reading: Option<Pin<Box<Sleep>>>,
    /// Runs while the client takes nothing.
    writing: Option<Pin<Box<Sleep>>>,
}

fn is_over(timer: &mut Option<Pin<Box<Sleep>>>, cx: &mut Context<'_>) -> bool {
    timer.as_mut().is_some_and(|timer| timer.as_mut().poll(cx).is_ready())
}

impl Patient {
    /// What a write came to, unless the client has taken nothing for too long.
    fn written(&mut self, cx: &mut Context<'_>, wrote: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if wrote.is_ready() {
            (self.reading, self.writing) = (None, None);
            return wrote;
        }
        let stalled = self.stalled;
        self.writing.get_or_insert_with(|| Box::pin(sleep(stalled)));
        if is_over(&mut self.writing, cx) { Poll::Ready(Err(io::ErrorKind::TimedOut.into())) } else { Poll::Pending }
    }
}

impl AsyncRead for Patient {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.answering.load(Ordering::Relaxed) {
            this.reading = None;
        } else if is_over(&mut this.reading, cx) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() > before && !this.answering.load(Ordering::Relaxed) {
            let head = this.head;
            this.reading.get_or_insert_with(|| Box::pin(sleep(head)));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Patient {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(cx, wrote)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.written(cx, wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
