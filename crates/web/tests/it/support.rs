//! What the flows have in common.

use futures_util::future::join_all;

/// Does the same thing so many times at once.
pub(crate) async fn at_once<F: Future>(times: usize, act: impl Fn() -> F) -> Vec<F::Output> {
    join_all((0..times).map(|_| act())).await
}
