//! Promises: verbs run one after the other, in the order they came, many to a commit; each is kept or undone whole.
//!
//! The writer has a thread of its own beside the database's. As a task among those that answer requests it would wake a
//! worker of theirs, by way of the system's event queue, for each statement that comes back.

use std::{path::PathBuf, sync::Mutex, time::Duration};

use futures_util::future::BoxFuture;
use proxycall_service::ports::LedgerError;
use sqlx::{
    Connection as _, Executor, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteConnection as Connection},
};
use std::sync::Arc;
use tokio::sync::{RwLock, mpsc, oneshot};

use super::{drive::drive, file_identity, file_of};
use crate::{
    error::{UnitError, unavailable},
    observe,
};

/// How many verbs may share one commit. More would make the first of them wait too long.
const BATCH: usize = 128;
/// How many verbs may wait. Beyond, callers are told at once that the store is not available.
const QUEUE: usize = 4_096;
/// How long a verb waits for a place in the queue.
const QUEUE_PATIENCE: Duration = Duration::from_secs(2);

/// A verb in the queue.
trait Queued: Send {
    /// Whether whoever asked no longer waits: then it must not be carried out.
    fn abandoned(&self) -> bool;
    /// Carries it out; false: it failed and must be undone.
    fn run<'c>(&'c mut self, connection: &'c mut Connection) -> BoxFuture<'c, bool>;
    /// Forgets what it came to: it was undone, and is to be run again.
    fn forget(&mut self);
    /// Tells whoever asked.
    fn settle(self: Box<Self>, committed: &Result<(), LedgerError>);
}

struct Unit<T, F> {
    body: F,
    result: Option<Result<T, UnitError>>,
    asker: oneshot::Sender<Result<T, LedgerError>>,
}

impl<T, F> Queued for Unit<T, F>
where
    T: Send,
    F: for<'c> Fn(&'c mut Connection) -> BoxFuture<'c, Result<T, UnitError>> + Send,
{
    fn abandoned(&self) -> bool {
        self.asker.is_closed()
    }

    fn run<'c>(&'c mut self, connection: &'c mut Connection) -> BoxFuture<'c, bool> {
        Box::pin(async move {
            let result = (self.body)(connection).await;
            let keep = result.is_ok();
            self.result = Some(result);
            keep
        })
    }

    fn forget(&mut self) {
        self.result = None;
    }

    fn settle(self: Box<Self>, committed: &Result<(), LedgerError>) {
        let answer = match (self.result, committed) {
            // A refusal, too, may stand on what others of the batch wrote, which is not there now.
            (_, Err(error)) => Err(error.clone()),
            (Some(result), Ok(())) => result.map_err(LedgerError::from),
            (None, Ok(())) => Err(LedgerError::Unavailable("the request was given up".to_owned())),
        };
        // Whoever asked may have given up meanwhile: what is committed stays.
        let _gone = asker_hears(self.asker, answer);
    }
}

fn asker_hears<T>(asker: oneshot::Sender<T>, answer: T) -> bool {
    asker.send(answer).is_ok()
}

/// What makes new readers when the file was replaced.
type Reopen = Box<dyn Fn() -> SqlitePool + Send + Sync>;

/// The readers' pool, and how to make another.
type Readers = Arc<Mutex<Option<(Arc<RwLock<SqlitePool>>, Reopen)>>>;

/// The queue to the one writer.
pub(crate) struct Writer {
    queue: Mutex<Option<mpsc::Sender<Box<dyn Queued>>>>,
    /// Hears when the writer's thread has come to its end.
    ended: Mutex<Option<oneshot::Receiver<()>>>,
    readers: Readers,
}

impl Writer {
    /// Opens the file and starts the writer.
    pub(crate) async fn open(options: SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let connection = SqliteConnection::connect_with(&options).await?;
        let path = file_of(&options);
        let readers = Arc::new(Mutex::new(None));
        let (queue, units) = mpsc::channel(QUEUE);
        let state = State {
            identity: path.as_deref().and_then(file_identity),
            path,
            connection,
            options: options.create_if_missing(false),
            readers: Arc::clone(&readers),
        };
        let (end, ended) = oneshot::channel();
        let runtime = tokio::runtime::Handle::current();
        let write = move || {
            let _in_runtime = runtime.enter();
            drive(state.run(units));
            // Who closes the store may have given up meanwhile.
            let _gone = asker_hears(end, ());
        };
        std::thread::Builder::new().name("writer".to_owned()).spawn(write)?;
        Ok(Self { queue: Mutex::new(Some(queue)), ended: Mutex::new(Some(ended)), readers })
    }

    /// What to do with the readers when the file was replaced.
    pub(crate) fn on_reopen(
        &self,
        readers: Arc<RwLock<SqlitePool>>,
        make: impl Fn() -> SqlitePool + Send + Sync + 'static,
    ) {
        if let Ok(mut slot) = self.readers.lock() {
            *slot = Some((readers, Box::new(make)));
        }
    }

    /// Queues a verb and waits for its commit.
    pub(crate) async fn unit<T, F>(&self, body: F) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: for<'c> Fn(&'c mut Connection) -> BoxFuture<'c, Result<T, UnitError>> + Send + 'static,
    {
        let closed = || LedgerError::Unavailable("the store is closing".to_owned());
        let queue = self.queue.lock().ok().and_then(|queue| queue.clone()).ok_or_else(closed)?;
        let (asker, answer) = oneshot::channel();
        let unit: Box<dyn Queued> = Box::new(Unit { body, result: None, asker });
        tokio::time::timeout(QUEUE_PATIENCE, queue.send(unit))
            .await
            .map_err(|_| LedgerError::Unavailable("too many verbs wait".to_owned()))?
            .map_err(|_| closed())?;
        drop(queue);
        answer.await.map_err(|_| closed())?
    }

    /// Carries out what is queued, then ends.
    pub(crate) async fn close(&self) {
        if let Ok(mut queue) = self.queue.lock() {
            *queue = None;
        }
        let ended = self.ended.lock().ok().and_then(|mut ended| ended.take());
        if let Some(ended) = ended
            && ended.await.is_err()
        {
            tracing::error!("the writer ended badly");
        }
    }
}

struct State {
    connection: Connection,
    options: SqliteConnectOptions,
    path: Option<PathBuf>,
    identity: Option<(u64, u64)>,
    readers: Readers,
}

impl State {
    async fn run(mut self, mut units: mpsc::Receiver<Box<dyn Queued>>) {
        let mut batch = Vec::with_capacity(BATCH);
        while units.recv_many(&mut batch, BATCH).await > 0 {
            batch.retain(|unit| !unit.abandoned());
            if batch.is_empty() {
                continue;
            }
            observe::batch(batch.len());
            let committed = self.commit(&mut batch).await;
            for unit in batch.drain(..) {
                unit.settle(&committed);
            }
        }
        if let Err(error) = self.connection.close().await {
            tracing::warn!(error = %unavailable(&error), "the writer's connection did not close cleanly");
        }
    }

    async fn commit(&mut self, batch: &mut [Box<dyn Queued>]) -> Result<(), LedgerError> {
        self.follow_the_file().await?;
        match Self::run_batch(&mut self.connection, batch).await {
            Ok(()) => Ok(()),
            Err(error) => {
                // After a failed COMMIT or a full disk the transaction may or may not be open still.
                if let Err(error) = self.connection.execute(sqlx::raw_sql("ROLLBACK")).await {
                    tracing::debug!(error = %unavailable(&error), "nothing to roll back");
                }
                Err(unavailable(&error))
            }
        }
    }

    /// All verbs first run without savepoints, since each statement text is a hand-over to the database's thread and
    /// back, and those are most of what a verb costs. Only when one of them fails is the batch undone and run again
    /// with a savepoint each: a verb takes time, ids and chance from its command, so it may.
    async fn run_batch(connection: &mut Connection, batch: &mut [Box<dyn Queued>]) -> Result<(), sqlx::Error> {
        connection.execute(sqlx::raw_sql("BEGIN IMMEDIATE")).await?;
        let mut all_kept = true;
        for unit in &mut *batch {
            // The lock may have been waited for longer than whoever asked did: they were told that nothing was done.
            if !unit.abandoned() {
                all_kept = unit.run(connection).await;
                if !all_kept {
                    break;
                }
            }
        }
        if all_kept {
            connection.execute(sqlx::raw_sql("COMMIT")).await?;
            return Ok(());
        }
        connection.execute(sqlx::raw_sql("ROLLBACK")).await?;
        // Alone, it has failed and is undone.
        if batch.len() > 1 { Self::run_one_by_one(connection, batch).await } else { Ok(()) }
    }

    /// Between two verbs one statement text ends the one's savepoint and begins the other's.
    async fn run_one_by_one(connection: &mut Connection, batch: &mut [Box<dyn Queued>]) -> Result<(), sqlx::Error> {
        // What they came to before may have stood on what is undone.
        batch.iter_mut().for_each(|unit| unit.forget());
        let mut next = "BEGIN IMMEDIATE; SAVEPOINT verb";
        for unit in batch {
            connection.execute(sqlx::raw_sql(next)).await?;
            next = if !unit.abandoned() && unit.run(connection).await {
                "RELEASE verb; SAVEPOINT verb"
            } else {
                "ROLLBACK TO verb; RELEASE verb; SAVEPOINT verb"
            };
        }
        let end =
            if next.starts_with("RELEASE") { "RELEASE verb; COMMIT" } else { "ROLLBACK TO verb; RELEASE verb; COMMIT" };
        connection.execute(sqlx::raw_sql(end)).await?;
        Ok(())
    }

    /// A file that was moved away would go on taking our writes, to be lost: refuse then, and open what is there when
    /// it is there again.
    async fn follow_the_file(&mut self) -> Result<(), LedgerError> {
        let Some(path) = &self.path else { return Ok(()) };
        let now = file_identity(path);
        if now.is_none() {
            return Err(LedgerError::Unavailable("the database file is gone".to_owned()));
        }
        if now != self.identity {
            self.connection =
                SqliteConnection::connect_with(&self.options).await.map_err(|error| unavailable(&error))?;
            self.identity = now;
            let renewed = self
                .readers
                .lock()
                .ok()
                .and_then(|slot| slot.as_ref().map(|(readers, make)| (Arc::clone(readers), make())));
            if let Some((readers, fresh)) = renewed {
                *readers.write().await = fresh;
            }
            tracing::warn!("the database file was replaced; it has been opened again");
        }
        Ok(())
    }
}
