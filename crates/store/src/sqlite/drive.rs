//! Promises: a thread of its own runs one future to its end, and sleeps only after it has given way a few times.
//!
//! The writer waits for the database's thread twice a call, for some ten microseconds. To sleep and be woken costs as much as
//! that; on one core, to give way is to let the other work.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Wake, Waker},
    thread::{self, Thread},
};

/// How often the thread gives way before it sleeps.
const GIVES_WAY: u32 = 8;

/// Runs a future to its end on this thread.
pub(super) fn drive(future: impl Future<Output = ()>) {
    let bell =
        Arc::new(Bell { thread: thread::current(), rung: AtomicBool::new(false), sleeps: AtomicBool::new(false) });
    let waker = Waker::from(Arc::clone(&bell));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    while future.as_mut().poll(&mut context).is_pending() {
        bell.wait();
    }
}

struct Bell {
    thread: Thread,
    rung: AtomicBool,
    sleeps: AtomicBool,
}

impl Bell {
    /// Until it has rung since the last time. Whoever rings looks at `sleeps` after `rung` is set, and we at `rung` after
    /// `sleeps` is: one of the two sees the other.
    fn wait(&self) {
        for _ in 0..GIVES_WAY {
            if self.rung.swap(false, SeqCst) {
                return;
            }
            thread::yield_now();
        }
        self.sleeps.store(true, SeqCst);
        while !self.rung.swap(false, SeqCst) {
            thread::park();
        }
        self.sleeps.store(false, SeqCst);
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, SeqCst);
        if self.sleeps.load(SeqCst) {
            self.thread.unpark();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;

    /// Ten thousand times another thread rings, sooner or later than it is waited for: none is missed, or this never ends.
    #[test]
    fn no_ring_is_missed() {
        let (ask, asked) = std::sync::mpsc::channel::<(Waker, Arc<AtomicBool>)>();
        let ringer = thread::spawn(move || {
            for (turn, (waker, done)) in asked.iter().enumerate() {
                for _ in 0..turn % 40 {
                    thread::yield_now();
                }
                done.store(true, SeqCst);
                waker.wake();
            }
        });
        drive(async move {
            for _ in 0..10_000 {
                let done = Arc::new(AtomicBool::new(false));
                let mut asked = false;
                std::future::poll_fn(|context| {
                    if done.load(SeqCst) {
                        return Poll::Ready(());
                    }
                    if !std::mem::replace(&mut asked, true) {
                        ask.send((context.waker().clone(), Arc::clone(&done))).unwrap();
                    }
                    Poll::Pending
                })
                .await;
            }
        });
        ringer.join().unwrap();
    }
}
